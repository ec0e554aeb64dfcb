// One project per subsystem, so that `vitest --project rooms` runs just that; scripts/test.mjs runs them all.
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

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

/** A project inside workerd, with the bindings of wrangler.jsonc. */
const workerd = (name: string, include: string[]) => ({
  plugins: [
    cloudflareTest({
      wrangler: { configPath: "./wrangler.jsonc" },
      // The Python Worker has a project of its own; here nothing stands behind PY.
      miniflare: { bindings, serviceBindings: { PY: () => new Response("no Python Worker here", { status: 503 }) } },
    }),
  ],
  test: { name, include, setupFiles: ["tests/worker/set-up.ts"] },
});

/** A project in Node; `alone` = one file at a time, for what starts servers and counts time. */
const node = (name: string, include: string[], alone = false) => ({
  test: { name, include, ...(alone ? { fileParallelism: false, testTimeout: 120_000, hookTimeout: 120_000 } : {}) },
});

export default defineConfig({
  test: {
    projects: [
      workerd("platform", [
        "worker-ts/src/*.test.ts",
        "worker-ts/src/platform/**/*.test.ts",
        "tests/worker/**/*.test.ts",
      ]),
      workerd("auth", ["worker-ts/src/auth/**/*.test.ts"]),
      workerd("rooms", ["worker-ts/src/rooms/**/*.test.ts"]),
      workerd("pages", ["worker-ts/src/pages/**/*.test.ts"]),
      node("core", ["rust/wasm/npm/test/**/*.test.ts", "tests/oracle/**/*.test.ts"]),
      node("client", ["worker-ts/src/client/**/*.test.ts"]),
      node("web", ["worker-ts/web/src/**/*.test.ts"]),
      node("house", ["tests/*.test.ts", "tests/bench/**/*.test.ts", "tests/scripts/**/*.test.ts"]),
      node("outside", ["tests/{browser,conformance,crash,packages,pages}/**/*.test.ts"], true),
    ],
  },
});
