CREATE TABLE `socket_lease` (
	`session_id` text NOT NULL,
	`room_id` text NOT NULL,
	`user_id` text NOT NULL,
	`expires_at` integer NOT NULL,
	PRIMARY KEY(`session_id`, `room_id`)
);
--> statement-breakpoint
CREATE INDEX `socket_lease_expires_at` ON `socket_lease` (`expires_at`);--> statement-breakpoint
ALTER TABLE `room` ADD `config_version` integer DEFAULT 1 NOT NULL;
