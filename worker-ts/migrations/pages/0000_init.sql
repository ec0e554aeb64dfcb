CREATE TABLE `page_views` (
	`page` text PRIMARY KEY NOT NULL,
	`count` integer NOT NULL
) STRICT;
