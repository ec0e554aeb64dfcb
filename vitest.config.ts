// One project per subsystem, so that `vitest --project rooms` runs just that; scripts/test/test.mjs runs them all.
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { readPython } from "./scripts/python/state.mjs";
import { ByProject } from "./tests/harness/by-project.ts";
import { pythonWorker } from "./tests/harness/python/worker.ts";
import { worldTesting } from "./tests/harness/workflow/world-testing.ts";

const migrations = await readD1Migrations({
  migrationsDir: "worker-ts/migrations",
  migrationsPattern: "worker-ts/migrations/*/*.sql",
});

/** Secrets and switches of the tests; `.dev.vars` of the machine must not leak into them. */
const bindings = {
  TEST_MIGRATIONS: migrations,
  BETTER_AUTH_SECRET: "test-only-secret-0123456789-abcdefghij",
  BETTER_AUTH_URL: "http://localhost:8787",
  ADMIN_EMAILS: "owner@localhost.test",
  ADMIN_TOKEN: "test-only-admin-token-0123456789",
  METRICS_TOKEN: "test-only-metrics-token-0123456789",
  TRUSTED_ORIGINS: "https://trusted.example",
  AUTH_RATE_LIMIT: "off",
  // as on the machine of a developer: the local queue sends one batch at a time
  WORKFLOW_QUEUE_HOLD_MS: "100",
  WORKFLOW_ENCRYPTION_SECRET: "",
  // more seeds of the law of the views (tests/worker/views.test.ts), and two hundred clients in one room
  FERRULE_LAW_SEEDS: process.env["FERRULE_LAW_SEEDS"] ?? "0",
  // more random walks over the workflow storage, or the one that broke (tests/worker/workflow/model)
  FERRULE_WALKS: process.env["FERRULE_WALKS"] ?? "0",
  FERRULE_WALK_SEED: process.env["FERRULE_WALK_SEED"] ?? "",
  ...unlimited(["WRITE", "REACT", "SOFT", "READ", "CONTROL", "BYTES"]),
};

/** Tests write as fast as they can; those of the limits set the limits back. */
function unlimited(buckets: readonly string[]): Record<string, string> {
  return Object.fromEntries(buckets.map((name) => [`RATE_${name}`, "1000000000/1000000000"]));
}

/** That of DB in wrangler.jsonc. */
const DATABASE_ID = "00000000-0000-0000-0000-000000000000";

/** What stands behind PY where no Python Worker does. */
const NO_PYTHON = { serviceBindings: { PY: () => new Response("no Python Worker here", { status: 503 }) } };

/**
 * Packages of the Worker, each made one module once: as the hundreds they are, fetching them took longer than most files of tests. What
 * workerd brings itself stays outside.
 */
const optimizer = {
  ssr: {
    enabled: true,
    // what is found on the way would begin a second bundle while tests use the first
    noDiscovery: true,
    include: [
      "better-auth",
      "better-auth/adapters/drizzle",
      "better-auth/api",
      "better-auth/cookies",
      "better-auth/plugins",
      "drizzle-orm",
      "drizzle-orm/d1",
      "drizzle-orm/sqlite-core",
      "hono",
      "zod",
    ].map((name) => `@ferrule/worker > ${name}`),
    rolldownOptions: {
      external: [/^node:/, /^cloudflare:/],
      resolve: { conditionNames: ["workerd", "worker", "module", "import", "browser"] },
    },
  },
};

/**
 * Everything runs beside everything else: what is waited for may take its time, and a test that hangs is still told from one that waits.
 * Tests wait for what comes, never for time, so only a busy machine or a failure takes long.
 */
const patience = { testTimeout: 180_000, hookTimeout: 180_000, expect: { poll: { timeout: 60_000 } } };

/**
 * What is logged inside workerd goes to workerd's own output. Vitest would send each line to its main process and count as an error of the
 * run what an object logs while a file ends, for then nobody is left to confirm the line.
 */
const plainConsole = { disableConsoleIntercept: true };

/**
 * A project inside workerd, with the bindings of wrangler.jsonc. The Python Worker has a project of its own. Files follow one another in
 * one workerd, which set-up.ts empties before each: a workerd for every file took most of the time of all these tests. `isolate`: each
 * file has its own nevertheless, where files tell the Worker's modules something for good.
 */
const workerd = (name: string, include: string[], { behindPython = NO_PYTHON as object, isolate = false } = {}) => ({
  plugins: [cloudflareTest({ wrangler: { configPath: "./wrangler.jsonc" }, miniflare: { bindings, ...behindPython } })],
  test: {
    name,
    include,
    setupFiles: ["tests/worker/set-up.ts"],
    deps: { optimizer },
    isolate,
    ...plainConsole,
    ...patience,
  },
});

/** The tests of ws-kit inside workerd: a Worker of their own, at one compatibility date. */
const wsKit = (name: string, compatibilityDate: string) => ({
  plugins: [
    cloudflareTest({
      wrangler: { configPath: "./tests/worker/ws-kit/wrangler.jsonc" },
      miniflare: { compatibilityDate },
    }),
  ],
  test: {
    name,
    include: ["tests/worker/ws-kit/**/*.test.ts"],
    setupFiles: ["tests/worker/ws-kit/set-up.ts"],
    isolate: false,
    ...plainConsole,
    ...patience,
  },
});

/** A project in Node. */
const node = (name: string, include: string[], more: object = {}) => ({
  test: { name, include, ...patience, ...more },
});

/** One file at a time, for what starts servers and counts time. */
const alone = { fileParallelism: false };
/** The same, with what all servers of tests/harness begin with. */
const servers = { ...alone, globalSetup: ["tests/harness/server/tables.ts"] };

/**
 * Both Workers. Which Python workerd has is told by the environment of the process, which all projects share: so the Python Worker is
 * started only where this project is asked for by name, and one test says otherwise why it is not.
 */
function python() {
  const found = readPython();
  const asked = process.argv.some((argument) => /^(?:--project=)?python$/.test(argument));
  const reason = found.ready ? (asked ? undefined : "it is run by its name: npm test -- python") : found.reason;
  if (reason !== undefined || !found.ready)
    return { test: { name: "python", include: ["worker-py/tests/off.test.ts"], env: { PYTHON_OFF: reason } } };
  Object.assign(process.env, found.environment);
  const workers = [pythonWorker("py", DATABASE_ID)];
  const behindPython = { serviceBindings: { PY: "py" }, workers };
  return workerd("python", ["worker-py/tests/*.worker.test.ts"], { behindPython });
}

export default defineConfig({
  test: {
    sequence: { sequencer: ByProject },
    projects: [
      workerd("platform", [
        "worker-ts/src/*.test.ts",
        "worker-ts/src/platform/**/*.test.ts",
        "tests/worker/{,security/}*.test.ts",
      ]),
      workerd("auth", ["worker-ts/src/auth/**/*.test.ts"]),
      workerd("rooms", ["worker-ts/src/rooms/**/*.test.ts"]),
      workerd("pages", ["worker-ts/src/pages/**/*.test.ts"]),
      python(),
      node("core", ["rust/wasm/npm/test/**/*.test.ts", "tests/oracle/**/*.test.ts"]),
      wsKit("ws-kit", "2026-11-01"),
      wsKit("ws-kit-2026-03", "2026-03-01"),
      node("ws-kit-node", ["worker-ts/src/ws-kit/**/*.test.ts"]),
      workerd("kernel", ["worker-ts/src/kernel/**/*.worker.test.ts"]),
      node("kernel-node", ["worker-ts/src/kernel/**/!(*.worker).test.ts"]),
      workerd("workflow", ["worker-ts/src/workflow/**/*.worker.test.ts", "tests/worker/workflow/**/*.worker.test.ts"], {
        isolate: true, // which workflows there are
      }),
      node("workflow-node", ["worker-ts/src/workflow/**/!(*.worker).test.ts"]),
      node("bots", ["worker-ts/src/bots/**/*.test.ts"]),
      node("client", ["worker-ts/src/client/**/*.test.ts"]),
      node("web", ["worker-ts/web/src/**/*.test.ts"]),
      node("house", [
        "tests/*.test.ts",
        "tests/bench/**/*.test.ts",
        "tests/capacity/*.test.ts",
        "tests/scripts/**/*.test.ts",
      ]),
      {
        plugins: [worldTesting],
        ...node("world-testing", ["tests/conformance/workflow.test.ts"], alone),
      },
      // what is seen on screens runs beside what is not: `npm test` starts both
      node("browser", ["tests/browser/**/*.test.ts"], servers),
      node(
        "outside",
        [
          "tests/{backup,capacity/measure,conformance,crash,docs,load,packages,pages,soak,ws-kit}/**/*.test.ts",
          "!tests/conformance/workflow.test.ts",
        ],
        servers,
      ),
    ],
  },
});
