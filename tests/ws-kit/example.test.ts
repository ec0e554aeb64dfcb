// A56: examples/ws-kit-rooms from the packed tarball, outside of the repository, under `wrangler dev` and without nodejs_compat: people
// chat, the room sleeps ten real seconds, they chat again as the same people, and an announcement reaches two rooms.
import { cpSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../harness/environment.ts";
import { freePort, Project, type Running } from "./project.ts";
import { Registry } from "./registry.ts";

const EXAMPLE = join(root, "examples/ws-kit-rooms");
/** workerd lets an object go after ten idle seconds. */
const IDLE_MS = 11_500;
const ARRIVAL_MS_MAX = 5_000;

interface Frame {
  readonly type: string;
  readonly meta?: { readonly correlationId?: string };
  readonly payload: Readonly<Record<string, unknown>>;
}

/** Somebody with a socket. */
class Person {
  readonly got: Frame[] = [];
  readonly socket: WebSocket;
  readonly opened: Promise<void>;

  constructor(origin: string, room: string, name: string) {
    this.socket = new WebSocket(`${origin}/${room}?name=${name}`);
    this.socket.addEventListener("message", ({ data }) => this.got.push(JSON.parse(String(data)) as Frame));
    this.opened = new Promise((resolve, reject) => {
      this.socket.addEventListener("open", () => resolve());
      this.socket.addEventListener("error", () => reject(new Error(`${name} was refused`)));
    });
  }

  send(type: string, payload: object, meta: object = {}): void {
    this.socket.send(JSON.stringify({ type, payload, meta }));
  }

  /** The next frame of a type; it is taken from `got`. */
  async next(type: string): Promise<Frame["payload"]> {
    const end = Date.now() + ARRIVAL_MS_MAX;
    for (;;) {
      const at = this.got.findIndex((frame) => frame.type === type);
      if (at >= 0) return this.got.splice(at, 1)[0]!.payload;
      if (Date.now() > end) throw new Error(`no ${type} came, but ${JSON.stringify(this.got)}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async who(): Promise<unknown> {
    this.send("WHO", {}, { correlationId: "w" });
    return (await this.next("PEOPLE"))["people"];
  }
}

let registry: Registry;
let project: Project;
let server: Running;
let origin: string;

beforeAll(async () => {
  registry = await Registry.start();
  project = new Project(registry.environment);
  for (const name of readdirSync(EXAMPLE))
    if (!/^(?:node_modules|\.wrangler|worker-configuration\.d\.ts)$/.test(name))
      cpSync(join(EXAMPLE, name), join(project.home, name), { recursive: true });
  await project.run("npm install");
});
afterAll(async () => {
  await project?.[Symbol.asyncDispose]();
  await registry?.[Symbol.asyncDispose]();
});

test("A56 the example type-checks under the types that wrangler writes", async () => {
  await project.run("npm run check");
});

describe("A56 the example under wrangler dev", () => {
  beforeAll(async () => {
    const port = await freePort();
    server = await project.start(`npm run dev -- --ip 127.0.0.1 --port ${port}`, /Ready on/);
    origin = `ws://127.0.0.1:${port}`;
  });
  const lives = (room: string): number => server.log().split(`${room} is awake`).length - 1;

  test("A56 two people chat, the room sleeps, they chat again with the same ids, and an announcement reaches both rooms", async () => {
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

    const before = lives("room-0");
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
    bob.send("SAY", { text: "again" });
    for (const each of [ann, bob]) expect(await each.next("SAID")).toEqual({ from: "bob", text: "again" });
    expect([before, lives("room-0")]).toEqual([1, 2]);
    expect(await ann.who()).toEqual(expect.arrayContaining(people));

    ann.send("ANNOUNCE", { text: "tea" });
    for (const each of [ann, bob, eve]) expect(await each.next("ANNOUNCED")).toEqual({ from: "ann", text: "tea" });
    // Nobody was welcomed twice, nothing was said twice, and room-1 heard the announcement alone.
    expect([ann.got, bob.got, eve.got.map(({ type }) => type)]).toEqual([[], [], ["WELCOME"]]);
    for (const each of [ann, bob, eve]) each.socket.close(1000);
  });

  test("A56 nobody without a name comes in, and there is no eleventh room", async () => {
    await expect(new Person(origin, "room-0", "").opened).rejects.toThrow("refused");
    expect((await fetch(`${origin.replace("ws:", "http:")}/room-10?name=ann`)).status).toBe(404);
  });
});
