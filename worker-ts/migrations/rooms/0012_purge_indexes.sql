CREATE INDEX `adoption_user_id` ON `adoption` (`user_id`);--> statement-breakpoint
CREATE INDEX `socket_lease_room_id` ON `socket_lease` (`room_id`);