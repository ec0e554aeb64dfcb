CREATE TABLE `kernel_meta` (
	`kernel` text PRIMARY KEY NOT NULL,
	`epoch` integer NOT NULL,
	`seq` integer NOT NULL,
	`nonce` text NOT NULL
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `kernel_row` (
	`kernel` text NOT NULL,
	`k` text NOT NULL,
	`v` text NOT NULL,
	PRIMARY KEY(`kernel`, `k`)
) STRICT, WITHOUT ROWID;
