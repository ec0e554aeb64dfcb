CREATE TABLE `workflow_events` (
	`run_id` text NOT NULL,
	`slot` integer NOT NULL,
	`type` text NOT NULL,
	`correlation_id` text,
	`resume_id` text,
	`resume_digest` text,
	`spec_version` integer NOT NULL,
	`created_at` integer NOT NULL,
	`payload_bytes` integer NOT NULL,
	`payload_ref` text,
	`meta` text,
	`payload` text,
	PRIMARY KEY(`run_id`, `slot`)
);
--> statement-breakpoint
CREATE INDEX `workflow_events_correlation` ON `workflow_events` (`run_id`,`correlation_id`,`slot`);--> statement-breakpoint
CREATE UNIQUE INDEX `workflow_events_resume` ON `workflow_events` (`run_id`,`resume_id`) WHERE resume_id IS NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX `workflow_events_once` ON `workflow_events` (`run_id`,`correlation_id`,`type`) WHERE type IN ('step_created', 'step_completed', 'step_failed', 'hook_created', 'hook_disposed', 'wait_created', 'wait_completed');--> statement-breakpoint
CREATE TABLE `workflow_hooks` (
	`id` text PRIMARY KEY NOT NULL,
	`run_id` text NOT NULL,
	`token` text NOT NULL,
	`created_slot` integer NOT NULL,
	`spec_version` integer NOT NULL,
	`is_webhook` integer NOT NULL,
	`is_system` integer NOT NULL,
	`resume_context` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `workflow_hooks_token` ON `workflow_hooks` (`token`);--> statement-breakpoint
CREATE INDEX `workflow_hooks_run` ON `workflow_hooks` (`run_id`);--> statement-breakpoint
CREATE INDEX `workflow_hooks_created` ON `workflow_hooks` (`created_at`,`id`);--> statement-breakpoint
CREATE TABLE `workflow_idempotency` (
	`key` text PRIMARY KEY NOT NULL,
	`message_id` text NOT NULL,
	`state` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `workflow_idempotency_message` ON `workflow_idempotency` (`message_id`);--> statement-breakpoint
CREATE INDEX `workflow_idempotency_expires` ON `workflow_idempotency` (`expires_at`);--> statement-breakpoint
CREATE TABLE `workflow_runs` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`status` text NOT NULL,
	`deployment_id` text NOT NULL,
	`spec_version` integer NOT NULL,
	`owner_id` text,
	`execution_context` text,
	`attributes` text DEFAULT '{}' NOT NULL,
	`public_key` text,
	`last_slot` integer NOT NULL,
	`last_event_at` integer NOT NULL,
	`terminal_slot` integer,
	`error_code` text,
	`created_at` integer NOT NULL,
	`started_at` integer,
	`completed_at` integer
);
--> statement-breakpoint
CREATE INDEX `workflow_runs_name` ON `workflow_runs` (`name`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `workflow_runs_status` ON `workflow_runs` (`status`,`last_event_at`);--> statement-breakpoint
CREATE INDEX `workflow_runs_owner` ON `workflow_runs` (`owner_id`,`created_at`);--> statement-breakpoint
CREATE INDEX `workflow_runs_created` ON `workflow_runs` (`created_at`,`id`);--> statement-breakpoint
CREATE TABLE `workflow_steps` (
	`run_id` text NOT NULL,
	`id` text NOT NULL,
	`name` text NOT NULL,
	`status` text NOT NULL,
	`attempt` integer NOT NULL,
	`created_slot` integer NOT NULL,
	`terminal_slot` integer,
	`error_slot` integer,
	`retry_after` integer,
	`started_at` integer,
	`completed_at` integer,
	PRIMARY KEY(`run_id`, `id`)
);
--> statement-breakpoint
CREATE INDEX `workflow_steps_created` ON `workflow_steps` (`run_id`,`created_slot`);--> statement-breakpoint
CREATE TABLE `workflow_streams` (
	`run_id` text NOT NULL,
	`name` text NOT NULL,
	`created_at` integer NOT NULL,
	`closed_at` integer,
	`chunk_count` integer,
	`archived` integer DEFAULT 0 NOT NULL,
	PRIMARY KEY(`run_id`, `name`)
);
--> statement-breakpoint
CREATE TABLE `workflow_waits` (
	`run_id` text NOT NULL,
	`id` text NOT NULL,
	`status` text NOT NULL,
	`resume_at` integer NOT NULL,
	`created_at` integer NOT NULL,
	`completed_at` integer,
	PRIMARY KEY(`run_id`, `id`)
);
--> statement-breakpoint
CREATE INDEX `workflow_waits_due` ON `workflow_waits` (`status`,`resume_at`);