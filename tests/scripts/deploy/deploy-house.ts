// A made-up repository for deploy's tests, with every sort of binding and a Python Worker, and the pretended account that the
// wrangler on its PATH works on. No expectation stands here.
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { deploy } from "../../../scripts/deploy/steps.mjs";

export const CONFIG = `{
  // a house with every sort of binding
  "name": "ferrule", "main": "src/index.ts", "dev": { "port": 8787 },
  "assets": { "directory": "web/dist", "binding": "ASSETS" },
  "d1_databases": [
    { "binding": "DB", "database_name": "ferrule", "database_id": "0", "migrations_dir": "migrations", "migrations_pattern": "migrations/*/*.sql" },
    { "binding": "WORKFLOW_DB", "database_name": "ferrule", "database_id": "0" },
  ],
  "kv_namespaces": [{ "binding": "KV", "id": "0" }],
  "r2_buckets": [{ "binding": "FILES", "bucket_name": "ferrule-files" }],
  "queues": {
    "producers": [{ "binding": "ARCHIVE_QUEUE", "queue": "ferrule-archive" }],
    "consumers": [{ "queue": "ferrule-archive", "dead_letter_queue": "ferrule-archive-dead" }],
  },
  "worker_loaders": [{ "binding": "LOADER" }],
  "services": [{ "binding": "PY", "service": "ferrule-py" }], /* the last */
}`;
/** Read by wrangler as the house's own; the table is the main Worker's, so the migrations are too. */
const PYTHON = `{
  "name": "ferrule-py", "main": "src/entry.py", "compatibility_flags": ["python_workers"],
  "d1_databases": [{ "binding": "DB", "database_name": "ferrule", "database_id": "0", "migrations_dir": "../migrations" }],
}`;
const EXAMPLE =
  "# Signs sessions.\nBETTER_AUTH_SECRET=<random>\nBETTER_AUTH_URL=http://localhost:8787\nADMIN_TOKEN=<random>\nADMIN_EMAILS=owner@localhost.localdomain\nTRUSTED_ORIGINS=\n";

/** What Cloudflare would know. */
export interface Account {
  signedIn?: boolean;
  fail?: string;
  lacks: string[];
  calls: string[];
  d1: { uuid: string; name: string; applied: string[] }[];
  kv: { id: string; title: string }[];
  r2: string[];
  queues: string[];
  workers: Record<string, { uploads: number; secrets: Record<string, string>; config: Record<string, unknown> }>;
}

/** A run of the command. `source` and `python` stand for the content of the two Workers. */
export interface Wish {
  env?: string;
  dryRun?: boolean;
  without?: string[];
  source?: string;
  python?: string;
  build?: () => Promise<void>;
}

/** A repository in a folder of its own; `remove` takes it away. */
export function makeHouse() {
  const folder = mkdtempSync(join(tmpdir(), "ferrule-deploy-"));
  const said: string[] = [];
  const file = (name: string) => join(folder, name);
  const write = (name: string, text: string) => {
    mkdirSync(dirname(file(name)), { recursive: true });
    writeFileSync(file(name), text);
  };
  const account = (): Account => JSON.parse(readFileSync(file("account.json"), "utf8"));

  write("src/index.ts", "");
  write("wrangler.jsonc", CONFIG);
  write(".dev.vars.example", EXAMPLE);
  write("worker-py/wrangler.jsonc", PYTHON);
  write("worker-py/src/entry.py", "");
  write("worker-py/requirements.txt", "starlette==1.10.0 \\\n    --hash=sha256:0\npython-multipart==0.0.34\n");
  write("worker-py/python_modules/starlette/__init__.py", "");
  for (const name of ["starlette-1.10.0", "python_multipart-0.0.34"])
    mkdirSync(file(`worker-py/python_modules/${name}.dist-info`));
  mkdirSync(file("bin"));
  copyFileSync(fileURLToPath(new URL("fake-wrangler.mjs", import.meta.url)), file("bin/fake.mjs"));
  // The command that deploy finds on PATH.
  write("bin/wrangler", `#!/bin/sh\nexec "${process.execPath}" "${file("bin/fake.mjs")}" "$@"\n`);
  chmodSync(file("bin/wrangler"), 0o755);
  const empty: Account = { lacks: [], calls: [], d1: [], kv: [], r2: [], queues: [], workers: {} };
  write("account.json", JSON.stringify(empty));

  return {
    file,
    write,
    /** What the command has said so far. */
    said,
    account,
    change: (by: Partial<Account>) => write("account.json", JSON.stringify({ ...account(), ...by })),
    /** The account without the list of calls: what a run may have changed. */
    things: () => ({ ...account(), calls: [] }),
    calls: (start: string) => account().calls.filter((call) => call.startsWith(start)),
    go: ({
      env = "production",
      dryRun = false,
      without,
      source = "v1",
      python = "v1",
      build = async () => {},
    }: Wish = {}) =>
      deploy({
        folder,
        env,
        dryRun,
        without,
        environment: {
          ...process.env,
          PATH: [file("bin"), process.env["PATH"]].join(delimiter),
          FAKE_ACCOUNT: file("account.json"),
        } as Record<string, string>,
        build,
        fingerprint: (worker) => (worker === "main" ? source : python),
        say: (line: string) => said.push(line),
      }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
