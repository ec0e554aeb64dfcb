CREATE TABLE `departure` (
	`room_id` text NOT NULL,
	`user_id` text NOT NULL,
	`changed_at` integer NOT NULL,
	PRIMARY KEY(`room_id`, `user_id`)
);
--> statement-breakpoint
CREATE INDEX `departure_user_id` ON `departure` (`user_id`);--> statement-breakpoint
CREATE INDEX `member_role` ON `member` (`room_id`,`role`,`joined_at`,`user_id`);