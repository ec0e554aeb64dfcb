// Every file of tests in workerd begins with empty stores and the tables of all subsystems: files follow one another in one process, for
// to start workerd and to bring the Worker's modules into it takes longer than most files.
import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll } from "vitest";
import { rememberResolved } from "./module-runner";
import { queuesEmpty } from "./support/queues";

rememberResolved();
await queuesEmpty();
await reset();
await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);

// Nor does anything go on behind a file: what an object logged then would find nobody to tell it to, and fail the run.
afterAll(reset);
