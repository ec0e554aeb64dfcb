CREATE TABLE `metric` (
	`room_id` text NOT NULL,
	`name` text NOT NULL,
	`value` integer NOT NULL,
	`version` integer NOT NULL,
	PRIMARY KEY(`room_id`, `name`)
);
