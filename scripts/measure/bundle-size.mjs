// `node scripts/measure/bundle-size.mjs [--json]`: what each part of the house weighs in the Worker that is deployed, packages under the
// part that brought them. WebAssembly is weighed by itself; JavaScript is gzipped as a whole and shared out by each part's bytes in it.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { merged, parseJsonc } from "../deploy/config.mjs";
import { fail, helpIfAsked, root, step, tools } from "../run.mjs";
import { setup } from "../setup.mjs";

const ENTRY = "index.js";
/** The first that fits an input's path names its part. */
const PARTS = [
  [
    "workflow: the DevKit's runtime and QuickJS",
    /workflows\/generated\/runtime|quickjs|\b(?:url|headers|encoding|structured-clone)\.so|@workflow\//,
  ],
  ["kernel: the machine", /ferrule_kernel/],
  ["kernel: SES and Endo", /\/(?:ses|@endo\/[\w-]+)\//],
  ["kernel: what a vat's isolate begins with", /vat\/generated\//],
  ["streams: records and segments", /ferrule_chunk/],
  ["core: the codec", /ferrule_bg|rust\/wasm\/npm/],
  ["sign-in: Better Auth", /better-auth|better-call|better-fetch|\/jose\/|@noble\/|nanostores|kysely|defu/],
  ["checks: zod", /\/zod\//],
  ["tables: Drizzle", /drizzle-orm/],
  ["HTTP: Hono", /\/hono\//],
  ["Node's modules for the above", /unenv|node-built|_virtual|@cloudflare\/unenv/],
  ...["rooms", "kernel", "workflow", "pages", "backup", "auth", "bots", "ws-kit", "client", "platform"].map((part) => [
    `ours: ${part}`,
    new RegExp(`worker-ts/(?:src/${part}/|${part}s/)`),
  ]),
  ["ours: the rest", /worker-ts\/(?:src|vats|workflows)\//],
];
const partOf = (path) => PARTS.find(([, form]) => form.test(path))?.[0] ?? "other packages";
const gzipped = (path) => gzipSync(readFileSync(path), { level: 9 }).length;

/** Rows `{ part, bytes, gzip }`, the largest first. */
function weigh(folder) {
  const { outputs } = JSON.parse(readFileSync(join(folder, "bundle-meta.json"), "utf8"));
  const [, { inputs }] = Object.entries(outputs).find(([path]) => path.endsWith(ENTRY));
  const share = gzipped(join(folder, ENTRY)) / statSync(join(folder, ENTRY)).size;
  const rows = new Map();
  const add = (path, bytes, gzip) => {
    const part = partOf(path);
    const row = rows.get(part) ?? { part, bytes: 0, gzip: 0 };
    rows.set(part, { part, bytes: row.bytes + bytes, gzip: row.gzip + gzip });
  };
  for (const [path, { bytesInOutput }] of Object.entries(inputs)) add(path, bytesInOutput, bytesInOutput * share);
  for (const file of readdirSync(folder))
    if (/\.(?:wasm|so)$/.test(file)) add(file, statSync(join(folder, file)).size, gzipped(join(folder, file)));
  return [...rows.values()].sort((a, b) => b.gzip - a.gzip);
}

helpIfAsked(`node scripts/measure/bundle-size.mjs [--json]

What each part weighs in the Worker that is deployed: bytes, and bytes as they are uploaded (gzip).`);
const folder = mkdtempSync(join(tmpdir(), "ferrule-size-"));
try {
  await setup(["core faces", "vats", "workflows", "page"]);
  const config = join(tools, "size.wrangler.json");
  writeFileSync(config, JSON.stringify(merged(parseJsonc(readFileSync(join(root, "wrangler.jsonc"), "utf8")), {})));
  const args = ["deploy", "--dry-run", "--config", config, "--outdir", folder, "--metafile"];
  const said = await step("bundle", "wrangler", args, { quiet: true });
  const rows = weigh(folder);
  const KiB = (bytes) => (bytes / 1024).toFixed(0).padStart(8);
  if (process.argv.includes("--json")) console.log(JSON.stringify(rows));
  else for (const { part, bytes, gzip } of rows) console.log(`${KiB(bytes)} KiB ${KiB(gzip)} KiB  ${part}`);
  console.log(/Total Upload: .*/.exec(said)?.[0]);
} catch (error) {
  fail(error);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
