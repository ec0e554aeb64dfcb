CREATE TABLE `backup_kept` (
	`kind` text NOT NULL,
	`id` text NOT NULL,
	`row` text NOT NULL,
	PRIMARY KEY(`kind`, `id`)
);
--> statement-breakpoint
CREATE TABLE `backup_kernel` (
	`name` text PRIMARY KEY NOT NULL,
	`store` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `backup_run` (
	`id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`phase` text NOT NULL,
	`begun_at` integer NOT NULL,
	`touched_at` integer NOT NULL,
	`made_at` integer NOT NULL,
	`open` text DEFAULT '' NOT NULL
);
--> statement-breakpoint
CREATE TABLE `backup_store` (
	`id` text PRIMARY KEY NOT NULL,
	`state` text NOT NULL
);
