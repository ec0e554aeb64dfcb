// A56: the README's quick start as printed and examples/ws-kit-rooms, both from the packed tarball, outside of the repository, under
// `wrangler dev`. They run at the same time, because both wait until a room sleeps: ten idle seconds.
import { cpSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, type ExpectStatic, test } from "vitest";
import { root } from "../harness/environment.ts";
import { Project, type Running } from "../harness/packages/project.ts";
import { Registry } from "../harness/packages/registry.ts";
import { freePort } from "../harness/server/free-port.ts";
import { Person } from "./person.ts";

const README = readFileSync(join(root, "worker-ts/src/ws-kit/README.md"), "utf8");
const QUICK_START = README.split(/^## /m).find((part) => part.startsWith("Quick start")) ?? "";
const EXAMPLE = join(root, "examples/ws-kit-rooms");
/** workerd lets an object go after ten idle seconds. */
const IDLE_MS = 15_000;
/** nodejs_compat is on from the date 2026-08-04 unless it is switched off: the example must do without. */
const NO_NODE = "--compatibility-flags no_nodejs_compat --compatibility-flags no_nodejs_compat_v2";
/** tsc comes to files in another order with each number of checkers, and types must not depend on that. */
const CHECKERS = ["--checkers 1", "--checkers 2", "--checkers 4"];
const PROBE = "\nconsole.log('setImmediate:', typeof Reflect.get(globalThis, 'setImmediate'));\n";

interface Block {
  readonly language: string;
  readonly text: string;
}

/** The quick start's blocks of code, in order. The port is the only thing that is changed. */
const blocks = (port: number): readonly Block[] =>
  [...QUICK_START.matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)].map(([, language = "", text = ""]) => ({
    language,
    text: text.replaceAll("8787", String(port)),
  }));

/** What two people are told at the same time comes in any order. */
const sorted = (text: string): string[] => text.trim().split("\n").sort();

const times = (text: string, part: string): number => text.split(part).length - 1;

let registry: Registry;
const projects: Project[] = [];
beforeAll(async () => {
  registry = await Registry.start();
});
afterAll(async () => {
  for (const project of projects) await project[Symbol.asyncDispose]();
  await registry?.[Symbol.asyncDispose]();
});
function open(): Project {
  const project = new Project(registry.environment);
  projects.push(project);
  return project;
}

/** Follows the quick start in an empty folder: what its last command printed, and its Worker so far. */
async function followQuickStart(project: Project): Promise<{ told: string; expected: string; log: () => string }> {
  let told = "";
  let expected = "";
  let server: Running | undefined;
  for (const { language, text } of blocks(await freePort())) {
    const [, file] = /^\/\/ (\S+\.\w+)/.exec(text) ?? [];
    if (file) project.write(file, text);
    else if (language === "text") expected = text;
    else
      for (const line of text.trim().split("\n"))
        if (line.includes("wrangler dev")) server = await project.start(line, /Ready on/);
        else told = await project.run(line);
  }
  return { told, expected, log: () => server?.log() ?? "" };
}

/** Two people in a room and one in another: they chat, the room sleeps, they chat again. */
async function chat(expect: ExpectStatic, origin: string, lives: () => number): Promise<void> {
  const ann = new Person(origin, "room-0", "ann");
  await ann.opened;
  const bob = new Person(origin, "room-0", "bob");
  const eve = new Person(origin, "room-1", "eve");
  await Promise.all([bob.opened, eve.opened]);
  const ids = { ann: (await ann.next("WELCOME"))["id"], bob: (await bob.next("WELCOME"))["id"] };
  const people = [
    { id: ids.ann, name: "ann" },
    { id: ids.bob, name: "bob" },
  ];
  ann.send("SAY", { text: "hello" });
  for (const each of [ann, bob]) expect(await each.next("SAID")).toEqual({ from: "ann", text: "hello" });
  expect(await bob.who()).toEqual(people);

  await expect.poll(lives).toBe(1);
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  bob.send("SAY", { text: "again" });
  for (const each of [ann, bob]) expect(await each.next("SAID")).toEqual({ from: "bob", text: "again" });
  await expect.poll(lives).toBe(2);
  expect(await ann.who()).toEqual(expect.arrayContaining(people));

  ann.send("ANNOUNCE", { text: "tea" });
  for (const each of [ann, bob, eve]) expect(await each.next("ANNOUNCED")).toEqual({ from: "ann", text: "tea" });
  // Nobody was welcomed twice, nothing was said twice, and room-1 heard the announcement alone.
  expect([ann.got, bob.got, eve.got.map(({ type }) => type)]).toEqual([[], [], ["WELCOME"]]);
  for (const each of [ann, bob, eve]) each.socket.close(1000);
}

describe.concurrent("from the tarball", () => {
  test("A56 the quick start runs as printed and type-checks under the types that wrangler writes", async ({
    expect,
  }) => {
    const project = open();
    const { told, expected, log } = await followQuickStart(project);
    expect(sorted(told)).toEqual(sorted(expected));
    // The README says so: the room was gone in between.
    await expect.poll(() => times(log(), "awake\n")).toBe(2);
    await project.run("npx wrangler types");
    project.write("tsconfig.json", readFileSync(join(EXAMPLE, "tsconfig.json"), "utf8"));
    for (const flags of CHECKERS) expect(await project.run(`tsc -p . ${flags}`)).toBe("");
  });

  test("A56 in the example two people chat, the room sleeps, they chat again with the same ids, and an announcement reaches both rooms, without nodejs_compat", async ({
    expect,
  }) => {
    const project = open();
    for (const name of readdirSync(EXAMPLE))
      if (!/^(?:node_modules|\.wrangler|worker-configuration\.d\.ts)$/.test(name))
        cpSync(join(EXAMPLE, name), join(project.home, name), { recursive: true });
    await project.run("npm install");
    await project.run("npm run check");
    for (const flags of CHECKERS) expect(await project.run(`tsc -p . ${flags}`)).toBe("");

    const worker = join(project.home, "src/worker.ts");
    project.write("src/worker.ts", readFileSync(worker, "utf8") + PROBE);
    const port = await freePort();
    const server = await project.start(`npm run dev -- --ip 127.0.0.1 --port ${port} ${NO_NODE}`, /Ready on/);
    const origin = `ws://127.0.0.1:${port}`;
    await chat(expect, origin, () => times(server.log(), "room-0 is awake"));
    expect(server.log()).toContain("setImmediate: undefined");

    await expect(new Person(origin, "room-0", "").opened).rejects.toThrow("refused");
    expect((await fetch(`http://127.0.0.1:${port}/room-10?name=ann`)).status).toBe(404);
  });
});
