CREATE TABLE `erasure` (
	`user_id` text PRIMARY KEY NOT NULL,
	`messages` integer NOT NULL,
	`at` integer NOT NULL
);
