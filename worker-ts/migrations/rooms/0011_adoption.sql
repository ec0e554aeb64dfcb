CREATE TABLE `adoption` (
	`guest_id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL
);
