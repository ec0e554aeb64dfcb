DROP INDEX `room_visibility`;--> statement-breakpoint
CREATE INDEX `room_created_at` ON `room` (`created_at`,`id`);