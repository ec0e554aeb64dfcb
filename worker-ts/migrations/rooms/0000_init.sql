CREATE TABLE `member` (
	`room_id` text NOT NULL,
	`user_id` text NOT NULL,
	`role` text NOT NULL,
	`joined_at` integer NOT NULL,
	`read_seq` integer DEFAULT 0 NOT NULL,
	`changed_at` integer NOT NULL,
	PRIMARY KEY(`room_id`, `user_id`)
);
--> statement-breakpoint
CREATE INDEX `member_user_id` ON `member` (`user_id`);--> statement-breakpoint
CREATE TABLE `room` (
	`id` text PRIMARY KEY NOT NULL,
	`title` text NOT NULL,
	`topic` text DEFAULT '' NOT NULL,
	`visibility` text DEFAULT 'public' NOT NULL,
	`created_by` text,
	`created_at` integer NOT NULL,
	`closed_at` integer,
	`slow_mode_ms` integer DEFAULT 0 NOT NULL,
	`edit_window_ms` integer DEFAULT 0 NOT NULL,
	`head_seq` integer DEFAULT 0 NOT NULL,
	`last_at` integer
);
--> statement-breakpoint
CREATE INDEX `room_created_by` ON `room` (`created_by`);--> statement-breakpoint
CREATE INDEX `room_visibility` ON `room` (`visibility`,`created_at`);