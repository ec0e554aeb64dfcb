CREATE TABLE `dead_letter` (
	`id` text PRIMARY KEY NOT NULL,
	`queue` text NOT NULL,
	`body` text NOT NULL,
	`error` text NOT NULL,
	`at` integer NOT NULL,
	`replayed_at` integer
);
--> statement-breakpoint
CREATE TABLE `message` (
	`pk` integer PRIMARY KEY NOT NULL,
	`room_id` text NOT NULL,
	`seq` integer NOT NULL,
	`kind` text NOT NULL,
	`event` integer,
	`version` integer NOT NULL,
	`user_id` text,
	`cid` text,
	`ts` integer NOT NULL,
	`reply_to` integer,
	`text` text NOT NULL,
	`edited_at` integer,
	`deleted_at` integer,
	`deleted_by` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `message_seq` ON `message` (`room_id`,`seq`);--> statement-breakpoint
CREATE INDEX `message_ts` ON `message` (`room_id`,`ts`);--> statement-breakpoint
CREATE INDEX `message_user_id` ON `message` (`user_id`);