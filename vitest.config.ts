// One project per subsystem, so that `vitest --project rooms` runs just that; scripts/test.mjs runs them all.
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { readPython } from "./scripts/python/state.mjs";
import { pythonWorker } from "./tests/harness/python-worker.ts";

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

/** A project inside workerd, with the bindings of wrangler.jsonc. The Python Worker has a project of its own. */
const workerd = (name: string, include: string[], behindPython: object = NO_PYTHON) => ({
  plugins: [cloudflareTest({ wrangler: { configPath: "./wrangler.jsonc" }, miniflare: { bindings, ...behindPython } })],
  test: { name, include, setupFiles: ["tests/worker/set-up.ts"] },
});

/** The tests of ws-kit inside workerd: a Worker of their own, at one compatibility date. */
const wsKit = (name: string, compatibilityDate: string) => ({
  plugins: [
    cloudflareTest({
      wrangler: { configPath: "./tests/worker/ws-kit/wrangler.jsonc" },
      miniflare: { compatibilityDate },
    }),
  ],
  test: { name, include: ["tests/worker/ws-kit/**/*.test.ts"] },
});

/** A project in Node; `alone` = one file at a time, for what starts servers and counts time. */
const node = (name: string, include: string[], alone = false) => ({
  test: { name, include, ...(alone ? { fileParallelism: false, testTimeout: 120_000, hookTimeout: 120_000 } : {}) },
});

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
  return workerd("python", ["worker-py/tests/*.worker.test.ts"], { serviceBindings: { PY: "py" }, workers });
}

export default defineConfig({
  test: {
    projects: [
      workerd("platform", ["worker-ts/src/*.test.ts", "worker-ts/src/platform/**/*.test.ts", "tests/worker/*.test.ts"]),
      workerd("auth", ["worker-ts/src/auth/**/*.test.ts"]),
      workerd("rooms", ["worker-ts/src/rooms/**/*.test.ts"]),
      workerd("pages", ["worker-ts/src/pages/**/*.test.ts"]),
      python(),
      node("core", ["rust/wasm/npm/test/**/*.test.ts", "tests/oracle/**/*.test.ts"]),
      wsKit("ws-kit", "2026-11-01"),
      wsKit("ws-kit-2026-03", "2026-03-01"),
      node("ws-kit-node", ["worker-ts/src/ws-kit/**/*.test.ts"]),
      node("client", ["worker-ts/src/client/**/*.test.ts"]),
      node("web", ["worker-ts/web/src/**/*.test.ts"]),
      node("house", ["tests/*.test.ts", "tests/bench/**/*.test.ts", "tests/scripts/**/*.test.ts"]),
      node("outside", ["tests/{browser,conformance,crash,packages,pages,ws-kit}/**/*.test.ts"], true),
    ],
  },
});
