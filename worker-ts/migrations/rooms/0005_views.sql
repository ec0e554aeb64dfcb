-- The archive under the names of the seed's tables, so that `SELECT * FROM messages LIMIT 10` answers. `user` is a table of
-- auth; a view looks for it when it is read.
CREATE VIEW `messages` AS
SELECT `room_id` || '.' || `seq` AS `id`, `room_id`, `user_id`, `text` AS `content`, `ts` AS `created_at`,
	coalesce(`edited_at`, `ts`) AS `updated_at`
FROM `message` WHERE `kind` = 'MSG';
--> statement-breakpoint
CREATE VIEW `users` AS
SELECT `id`, `email`, `name`, `image` AS `avatar_url`, `created_at` FROM `user`;
