DROP INDEX `workflow_waits_due`;--> statement-breakpoint
CREATE INDEX `workflow_waits_open` ON `workflow_waits` (`run_id`,`resume_at`) WHERE status = 'waiting';--> statement-breakpoint
CREATE INDEX `workflow_runs_open` ON `workflow_runs` (`owner_id`) WHERE status IN ('pending', 'running');--> statement-breakpoint
CREATE INDEX `workflow_steps_open` ON `workflow_steps` (`run_id`,`retry_after`) WHERE status IN ('pending', 'running');