CREATE TABLE `retired_epoch` (
	`room_id` text NOT NULL,
	`epoch` text NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`room_id`, `epoch`)
);
