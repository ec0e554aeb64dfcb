ALTER TABLE `room` ADD `purged_at` integer;--> statement-breakpoint
-- What of the archive can be searched. A room's id is one word there (a dash would part it), so that a search looks among the
-- words of the rooms that it asks for, and not among those of all.
CREATE VIEW `message_searched` AS
SELECT `pk`, replace(`room_id`, '-', 'ø') AS `room`, `text` FROM `message` WHERE `kind` = 'MSG' AND `text` <> '';
--> statement-breakpoint
CREATE VIRTUAL TABLE `message_fts` USING fts5(
	`room`, `text`, content='message_searched', content_rowid='pk', tokenize='unicode61 remove_diacritics 2', prefix='2 3'
);
--> statement-breakpoint
-- What was erased leaves the index's pages at once, and does not wait there for a merge.
INSERT INTO `message_fts`(`message_fts`, `rank`) VALUES('secure-delete', 1);
--> statement-breakpoint
CREATE TRIGGER `message_fts_insert` AFTER INSERT ON `message` WHEN new.`kind` = 'MSG' AND new.`text` <> '' BEGIN
	INSERT INTO `message_fts`(rowid, `room`, `text`) VALUES(new.`pk`, replace(new.`room_id`, '-', 'ø'), new.`text`);
END;
--> statement-breakpoint
CREATE TRIGGER `message_fts_delete` AFTER DELETE ON `message` WHEN old.`kind` = 'MSG' AND old.`text` <> '' BEGIN
	INSERT INTO `message_fts`(`message_fts`, rowid, `room`, `text`)
	VALUES('delete', old.`pk`, replace(old.`room_id`, '-', 'ø'), old.`text`);
END;
--> statement-breakpoint
CREATE TRIGGER `message_fts_update` AFTER UPDATE OF `text` ON `message` WHEN old.`kind` = 'MSG' AND old.`text` <> new.`text` BEGIN
	INSERT INTO `message_fts`(`message_fts`, rowid, `room`, `text`)
	SELECT 'delete', old.`pk`, replace(old.`room_id`, '-', 'ø'), old.`text` WHERE old.`text` <> '';
	INSERT INTO `message_fts`(rowid, `room`, `text`)
	SELECT new.`pk`, replace(new.`room_id`, '-', 'ø'), new.`text` WHERE new.`text` <> '';
END;
--> statement-breakpoint
INSERT INTO `message_fts`(`message_fts`) VALUES('rebuild');
--> statement-breakpoint
CREATE INDEX `dead_letter_room` ON `dead_letter` (`body` ->> 'room');
