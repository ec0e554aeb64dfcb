// Every file of tests in workerd begins with empty stores and the tables of all subsystems: files follow one another in one process, for
// to start workerd and to bring the Worker's modules into it takes longer than most files.
import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll } from "vitest";
import { rememberResolved } from "./module-runner";
import { queuesEmpty } from "./support/queues";

rememberResolved();
await reset();
await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);

// Nor does anything go on behind a file. First the queues, while there are tables still: a message that finds none comes again later, and
// then it is in the figures of another file.
afterAll(async () => {
  await queuesEmpty();
  await reset();
});
