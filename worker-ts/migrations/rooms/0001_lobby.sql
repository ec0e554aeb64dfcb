-- The room that is always there: public, made by nobody, so everybody may join and nobody owns it.
INSERT OR IGNORE INTO `room` (`id`, `title`, `created_at`) VALUES ('lobby', 'Lobby', cast(unixepoch('subsecond') * 1000 as integer));
