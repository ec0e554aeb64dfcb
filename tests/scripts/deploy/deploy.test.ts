// `npm run deploy` against a made-up account: what a first run makes, that a second changes nothing, that a run which broke off
// is finished by the next, that no secret is printed. What wrangler itself does is not tested here, and the Python Worker has a
// file of its own.
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { leaveOut, merged, named, parseJsonc, resourcesOf } from "../../../scripts/deploy/config.mjs";
import { lackingOf } from "../../../scripts/deploy/steps.mjs";
import { addressOf } from "../../../scripts/deploy/wrangler.mjs";
import { CONFIG, makeHouse } from "./deploy-house.ts";

let house: ReturnType<typeof makeHouse>;
beforeEach(() => {
  house = makeHouse();
});
afterEach(() => house.remove());

describe("deploy", () => {
  test("a first run makes what the bindings need, migrates, sets secrets, deploys and tells the address", async () => {
    expect(await house.go()).toBe("https://ferrule.ada.workers.dev");
    const { d1, kv, r2, queues, workers } = house.account();
    expect(d1.map(({ name, applied }) => [name, applied.length])).toEqual([["ferrule", 1]]);
    expect(kv.map(({ title }) => title)).toEqual(["ferrule-kv"]);
    expect([r2, queues]).toEqual([["ferrule-files"], ["ferrule-archive", "ferrule-archive-dead"]]);
    const { uploads, secrets, config } = workers["ferrule"]!;
    expect(uploads).toBe(1);
    expect(Object.keys(secrets).sort()).toEqual([
      "ADMIN_EMAILS",
      "ADMIN_TOKEN",
      "BETTER_AUTH_SECRET",
      "BETTER_AUTH_URL",
    ]);
    expect(secrets["BETTER_AUTH_URL"]).toBe("https://ferrule.ada.workers.dev");
    expect(secrets["BETTER_AUTH_SECRET"]!.length).toBeGreaterThanOrEqual(32);
    expect(secrets["BETTER_AUTH_SECRET"]).not.toBe(secrets["ADMIN_TOKEN"]);
    expect(config).toMatchObject({
      main: "../src/index.ts",
      assets: { directory: "../web/dist" },
      d1_databases: [
        {
          binding: "DB",
          database_id: d1[0]!.uuid,
          migrations_dir: "../migrations",
          migrations_pattern: "../migrations/*/*.sql",
        },
        { binding: "WORKFLOW_DB", database_id: d1[0]!.uuid },
      ],
      kv_namespaces: [{ id: kv[0]!.id }],
    });
  });

  test("a second run changes nothing", async () => {
    await house.go();
    const before = house.things();
    const remembered = readFileSync(house.file(".ferrule/production.json"), "utf8");
    house.said.length = 0;
    expect(await house.go()).toBe("https://ferrule.ada.workers.dev");
    expect(house.things()).toEqual(before);
    expect(readFileSync(house.file(".ferrule/production.json"), "utf8")).toBe(remembered);
    expect(house.calls("deploy")).toHaveLength(2);
    expect(house.said).toEqual(expect.arrayContaining(["up to date ferrule-py", "up to date ferrule"]));
  });

  test("changed code is uploaded, with the secrets as they were", async () => {
    await house.go();
    const { secrets } = house.account().workers["ferrule"]!;
    await house.go({ source: "v2" });
    expect(house.account().workers["ferrule"]).toMatchObject({ uploads: 2, secrets });
  });

  test.each([
    "d1 create",
    "kv namespace create",
    "r2 bucket create",
    "queues create ferrule-archive-dead",
    "d1 migrations apply",
    "secret list",
    "deploy --config production.py/wrangler.json",
    "deploy --config production.wrangler.json",
    "secret bulk",
  ])("a run that broke off at `%s` is finished by the next", async (step) => {
    house.change({ fail: step.replace("production", house.file(".ferrule/production")) });
    await expect(house.go()).rejects.toThrow(/wrangler .* failed/);
    expect(await house.go()).toBe("https://ferrule.ada.workers.dev");
    const { d1, kv, r2, queues, workers } = house.account();
    expect([d1.length, kv.length, r2.length, queues.length]).toEqual([1, 1, 1, 2]);
    expect(workers["ferrule"]!.uploads).toBe(1);
    expect(Object.keys(workers["ferrule"]!.secrets)).toHaveLength(4);
    const before = house.things();
    await house.go();
    expect(house.things()).toEqual(before);
  });

  test("secrets generated before a failed upload are the ones that are set afterwards", async () => {
    house.change({ fail: `deploy --config ${house.file(".ferrule/production.wrangler.json")}` });
    await expect(house.go()).rejects.toThrow();
    const written = readFileSync(house.file(".ferrule/production.vars"), "utf8");
    await house.go();
    expect(written).toContain(
      `BETTER_AUTH_SECRET=${house.account().workers["ferrule"]!.secrets["BETTER_AUTH_SECRET"]}`,
    );
    expect(existsSync(house.file(".ferrule/production.secrets.json"))).toBe(false);
  });

  test("no secret is printed or put on a command line, and their file is its owner's alone", async () => {
    await house.go();
    const { secrets } = house.account().workers["ferrule"]!;
    for (const key of ["BETTER_AUTH_SECRET", "ADMIN_TOKEN"]) {
      expect(house.said.join("\n")).not.toContain(secrets[key]);
      expect(house.account().calls.join("\n")).not.toContain(secrets[key]);
      expect(readFileSync(house.file(".ferrule/production.json"), "utf8")).not.toContain(secrets[key]);
    }
    expect(statSync(house.file(".ferrule/production.vars")).mode & 0o077).toBe(0);
  });

  test.each([".ferrule", ".ferrule/production.vars"])(
    "secrets that are set stay as they are where %s is not, as on another machine",
    async (lost) => {
      await house.go();
      const { secrets } = house.account().workers["ferrule"]!;
      rmSync(house.file(lost), { recursive: true });
      await house.go();
      expect(house.account().workers["ferrule"]!.secrets).toEqual(secrets);
      expect(house.account().d1).toHaveLength(1);
    },
  );

  test("a value changed in the vars file is set again, and nothing else", async () => {
    await house.go();
    const { secrets } = house.account().workers["ferrule"]!;
    const vars = readFileSync(house.file(".ferrule/production.vars"), "utf8");
    writeFileSync(
      house.file(".ferrule/production.vars"),
      vars.replace("owner@localhost.localdomain", "ada@example.com"),
    );
    await house.go();
    expect(house.account().workers["ferrule"]!.secrets).toEqual({ ...secrets, ADMIN_EMAILS: "ada@example.com" });
  });

  test("another environment has things of its own", async () => {
    await house.go();
    const { secrets } = house.account().workers["ferrule"]!;
    expect(await house.go({ env: "dev" })).toBe("https://ferrule-dev.ada.workers.dev");
    const { d1, kv, r2, queues, workers } = house.account();
    expect(d1.map(({ name }) => name)).toEqual(["ferrule", "ferrule-dev"]);
    expect(kv.map(({ title }) => title)).toEqual(["ferrule-kv", "ferrule-dev-kv"]);
    expect(r2).toEqual(["ferrule-files", "ferrule-files-dev"]);
    expect(queues).toContain("ferrule-archive-dead-dev");
    expect(workers["ferrule-dev"]!.config).toMatchObject({ services: [{ binding: "PY", service: "ferrule-py-dev" }] });
    expect(workers["ferrule-dev"]!.secrets["ADMIN_TOKEN"]).not.toBe(secrets["ADMIN_TOKEN"]);
    expect(workers["ferrule"]).toMatchObject({ uploads: 1, secrets });
  });

  test("a dry run makes nothing and needs no login", async () => {
    house.change({ signedIn: false });
    await house.go({ dryRun: true });
    const check = expect.stringMatching(/^deploy --dry-run --config /);
    expect(house.account().calls).toEqual([check, check]);
    expect(house.things()).toMatchObject({ d1: [], kv: [], r2: [], queues: [], workers: {} });
    expect(existsSync(house.file(".ferrule/production.json"))).toBe(false);
    expect(house.said.join("\n")).toMatch(
      /would make D1 database ferrule[\s\S]*would deploy ferrule[\s\S]*Total Upload/,
    );
  });

  test("without a login one sentence says what to do, before anything is built", async () => {
    house.change({ signedIn: false });
    let built = false;
    const build = async () => {
      built = true;
    };
    await expect(house.go({ build })).rejects.toThrow(/wrangler login/);
    expect(built).toBe(false);
  });

  test("an optional binding that the account lacks is left out with a word, also the next time", async () => {
    house.change({ lacks: ["LOADER"] });
    await house.go();
    expect(house.said.join("\n")).toContain("left out   LOADER: this account does not have it");
    expect(house.account().workers["ferrule"]!.config).not.toHaveProperty("worker_loaders");
    expect(house.account().workers["ferrule"]!.config).toHaveProperty("services");
    const before = house.things();
    await house.go();
    expect(house.things()).toEqual(before);
  });

  test("--without leaves out what is named, and an empty list takes it back", async () => {
    await house.go({ without: ["LOADER", "PY"] });
    for (const kind of ["worker_loaders", "services"])
      expect(house.account().workers["ferrule"]!.config).not.toHaveProperty(kind);
    await house.go();
    expect(house.account().workers["ferrule"]!.uploads).toBe(1);
    await house.go({ without: [] });
    expect(house.account().workers["ferrule"]).toMatchObject({
      uploads: 2,
      config: { worker_loaders: [{ binding: "LOADER" }] },
    });
    await expect(house.go({ without: ["DB"] })).rejects.toThrow('"DB" is no optional binding; they are: LOADER, PY.');
  });

  test("a failure that is about no optional binding is told, not hidden", async () => {
    house.change({ fail: "deploy" });
    await expect(house.go()).rejects.toThrow("A request to the Cloudflare API failed");
    expect(house.said.join("\n")).not.toContain("left out");
  });
});

describe("the parts of deploy", () => {
  test("JSON with comments: strings that look like comments stay", () => {
    expect(parseJsonc('{ "a": "// no /* no */", /* x */ "b": [1, 2, /* y */ ], // z ]\n }')).toEqual({
      a: "// no /* no */",
      b: [1, 2],
    });
  });
  test("the house's own configuration can be read, named and merged", () => {
    const own = parseJsonc(readFileSync(new URL("../../../wrangler.jsonc", import.meta.url), "utf8"));
    const config = named(own, "dev");
    const ids = Object.fromEntries(resourcesOf(config).map(({ kind, name }) => [`${kind}:${name}`, `id of ${name}`]));
    const made = JSON.stringify(merged(leaveOut(config, []), ids));
    expect(made).toContain('"database_id":"id of ferrule-dev"');
    expect(made).not.toContain("00000000");
    for (const one of ["r2:ferrule-workflow-dev", "queue:ferrule-workflow-dev", "queue:ferrule-workflow-dead-dev"])
      expect(Object.keys(ids)).toContain(one);
    expect(JSON.parse(made)).toMatchObject({
      version_metadata: { binding: "CF_VERSION_METADATA" },
      migrations: expect.arrayContaining([expect.objectContaining({ new_sqlite_classes: ["StreamObject"] })]),
    });
  });
  test("only what an error names is left out", () => {
    const config = parseJsonc(CONFIG);
    expect(lackingOf(config, "binding LOADER of type worker_loader is not available on your plan")).toEqual(["LOADER"]);
    expect(lackingOf(config, "Could not resolve service binding 'PY'. Target script 'ferrule-py' not found.")).toEqual([
      "PY",
    ]);
    expect(lackingOf(config, "Could not connect")).toEqual([]);
    expect(lackingOf(config, "the LOADER went away")).toEqual([]);
  });
  test("the address comes from wrangler's report, else from its words", () => {
    const line = (targets: string[]) => JSON.stringify({ type: "deploy", targets });
    expect(addressOf(`{"type":"wrangler-session"}\n${line(["schedule: x", "https://a.b.workers.dev/"])}\n`, "")).toBe(
      "https://a.b.workers.dev",
    );
    expect(addressOf("", "Deployed\n  https://f.ada.workers.dev\n")).toBe("https://f.ada.workers.dev");
    expect(addressOf("", "nothing")).toBeUndefined();
  });
});
