CREATE TABLE `audit` (
	`id` text PRIMARY KEY NOT NULL,
	`room_id` text,
	`actor_id` text,
	`action` text NOT NULL,
	`subject` text,
	`seq` integer,
	`detail` text DEFAULT '{}' NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `audit_room_id` ON `audit` (`room_id`,`at`);--> statement-breakpoint
CREATE INDEX `audit_at` ON `audit` (`at`);--> statement-breakpoint
CREATE TABLE `chore` (
	`id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`body` text NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `file` (
	`id` text PRIMARY KEY NOT NULL,
	`room_id` text NOT NULL,
	`user_id` text NOT NULL,
	`claim` text,
	`seq` integer,
	`name` text NOT NULL,
	`mime` text NOT NULL,
	`size` integer NOT NULL,
	`width` integer NOT NULL,
	`height` integer NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `file_seq` ON `file` (`room_id`,`seq`);--> statement-breakpoint
CREATE INDEX `file_user_id` ON `file` (`user_id`,`created_at`);--> statement-breakpoint
CREATE TABLE `invite` (
	`token_hash` text PRIMARY KEY NOT NULL,
	`room_id` text NOT NULL,
	`role` text NOT NULL,
	`created_by` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`uses_left` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `invite_room_id` ON `invite` (`room_id`);--> statement-breakpoint
CREATE INDEX `invite_expires_at` ON `invite` (`expires_at`);--> statement-breakpoint
CREATE TABLE `pin` (
	`room_id` text NOT NULL,
	`target_seq` integer NOT NULL,
	`user_id` text NOT NULL,
	`seq` integer NOT NULL,
	`present` integer NOT NULL,
	PRIMARY KEY(`room_id`, `target_seq`)
);
--> statement-breakpoint
CREATE TABLE `reaction` (
	`room_id` text NOT NULL,
	`target_seq` integer NOT NULL,
	`emoji` text NOT NULL,
	`user_id` text NOT NULL,
	`seq` integer NOT NULL,
	`present` integer NOT NULL,
	PRIMARY KEY(`room_id`, `target_seq`, `emoji`, `user_id`)
);
--> statement-breakpoint
CREATE INDEX `reaction_user_id` ON `reaction` (`user_id`);--> statement-breakpoint
ALTER TABLE `room` ADD `deleted_at` integer;