// What happens before 101: who comes in, who does not, and what is left behind of those who do not.
import { describe, expect, it } from "vitest";
import { Client, NIGHTS, upgrade, World } from "./support/client.ts";
import type { Data } from "./support/plan.ts";

/** Nobody is there, and nothing of this client was kept. */
async function nobody(world: World): Promise<void> {
  const left = await world.inside((room, state) => [
    room.handler.connectionCount(),
    room.handler.presence().length,
    state.getWebSockets().length,
  ]);
  expect(left).toEqual([0, 0, 0]);
  expect(world.plan.opens).toEqual([]);
}

describe("upgrade", () => {
  it("A01 anything but a WebSocket upgrade is 426, and says what is wanted", async () => {
    const world = new World();
    for (const headers of [{}, { upgrade: "h2c" }]) {
      const response = await world.stub.fetch("https://room.test/?user=ann", { headers });
      await response.text();
      expect([response.status, response.headers.get("upgrade"), response.webSocket]).toEqual([426, "websocket", null]);
    }
    const post = await world.stub.fetch("https://room.test/?user=ann", { method: "POST", body: "x" });
    expect(post.status).toBe(426);
    await nobody(world);
  });

  it("A02 an upgrade is 101, onOpen runs once, and what it sends arrives", async () => {
    const world = new World();
    const response = await upgrade(world.stub, { user: "ann" }, { upgrade: "WebSocket" });
    expect(response.status).toBe(101);
    const client = new Client(response.webSocket!);
    const { payload } = await client.next("WELCOME");
    expect(world.plan.opens).toEqual([payload.id]);
    expect(payload.user).toBe("ann");
    expect(await world.inside((room) => room.handler.connectionCount())).toBe(1);
  });

  it.each([undefined, null])("A03 authenticate that gives %s is 401 and leaves nothing", async (nothing) => {
    const world = new World({ authenticate: () => nothing as undefined });
    const response = await upgrade(world.stub, { user: "ann" });
    expect([response.status, response.text, response.webSocket]).toEqual([401, "Unauthorized", null]);
    await nobody(world);
    expect(world.plan.errors).toEqual([]);
  });

  it("A03 authenticate that gives nothing later is 401 too", async () => {
    const world = new World({ authenticate: async () => undefined });
    expect((await upgrade(world.stub, { user: "ann" })).status).toBe(401);
    await nobody(world);
  });

  it("A03 without authenticate anybody comes in, with empty data", async () => {
    const absent: object = { authenticate: undefined };
    const world = new World(absent);
    const response = await upgrade(world.stub, {});
    expect(response.status).toBe(101);
    expect(await world.inside((room) => room.handler.presence().map(({ data }) => data))).toEqual([{}]);
  });

  it.each(["at once", "later"])(
    "A04 authenticate that throws %s is 500, is told to onError, and says nothing outside",
    async (when) => {
      const failure = new Error("the password is hunter2");
      const world = new World({
        authenticate() {
          if (when === "at once") throw failure;
          return Promise.reject(failure);
        },
      });
      const response = await upgrade(world.stub, { user: "ann" });
      expect(response.status).toBe(500);
      expect(`${response.text} ${JSON.stringify([...response.headers])}`).not.toContain("hunter2");
      expect(world.plan.errors).toMatchObject([{ error: failure, phase: "auth" }]);
      await nobody(world);
    },
  );

  it.each(NIGHTS)(
    "A05 what authenticate gave is there in onOpen and in every handler, $when",
    async ({ evictions }) => {
      const world = new World({ authenticate: async () => ({ user: "from the token", roles: ["admin"] }) });
      const ann = await world.join("whoever");
      expect(await world.inside((room) => room.handler.presence().map(({ data }) => data.user))).toEqual([
        "from the token",
      ]);
      await world.sleep(evictions);
      expect((await ann.call("WHO")).data).toEqual({ user: "from the token", roles: ["admin"] });
    },
  );

  it("A05 two clients do not share the object that authenticate gave", async () => {
    const one: Data = { user: "everybody" };
    const world = new World({ authenticate: () => one });
    const ann = await world.join("ann");
    const bob = await world.join("bob");
    await ann.call("PUT", { key: "seat", value: 1, how: "direct" });
    expect((await bob.call("WHO")).data).toEqual({ user: "everybody" });
  });

  it("A06 authRejection says with which status and words", async () => {
    const world = new World({ authRejection: { status: 403, message: "members only" } });
    const response = await upgrade(world.stub, {});
    expect([response.status, response.text]).toEqual([403, "members only"]);
    await nobody(world);
  });

  it.each(NIGHTS)(
    "A07 over maxConnections is 503 with Retry-After, $when; who goes makes room",
    async ({ evictions }) => {
      const world = new World({ maxConnections: 2 });
      const ann = await world.join("ann");
      await world.join("bob");
      await world.sleep(evictions);
      const refused = await upgrade(world.stub, { user: "cid" });
      expect(refused.status).toBe(503);
      expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(world.plan.opens).toHaveLength(2);
      await world.sleep(evictions);
      await ann.end();
      const cid = await world.join("cid");
      expect((await cid.call("WHO")).data.user).toBe("cid");
      expect((await upgrade(world.stub, { user: "dan" })).status).toBe(503);
    },
  );

  it("A07 the limit holds for upgrades that come at once", async () => {
    const world = new World({
      maxConnections: 3,
      async authenticate() {
        await new Promise((resolve) => setTimeout(resolve, 2));
        return { user: "crowd" };
      },
    });
    const answers = await Promise.all(Array.from({ length: 9 }, () => upgrade(world.stub, {})));
    for (const { webSocket } of answers) webSocket?.accept();
    expect(answers.filter(({ status }) => status === 101)).toHaveLength(3);
  });

  it.each(NIGHTS)("A08 ctx.clientId is our id, the tag and the attachment's, $when", async ({ evictions }) => {
    const world = new World({ tags: () => ["vip"] });
    const ann = await world.join("ann");
    await world.sleep(evictions);
    expect((await ann.call("WHO")).id).toBe(ann.id);
    const seen = await world.inside((room, state) => {
      const [socket] = state.getWebSockets("vip");
      return {
        tags: state.getTags(socket!),
        kept: socket!.deserializeAttachment(),
        present: room.handler.presence().map(({ clientId }) => clientId),
      };
    });
    expect(seen.tags.toSorted()).toEqual([`c:${ann.id}`, "vip"]);
    expect(seen.kept).toMatchObject({ __wskit: 1, i: ann.id, d: { user: "ann" } });
    expect(seen.present).toEqual([ann.id]);
  });

  it("A08 clientId may be chosen; one that is taken, empty or too long is 500 and onError", async () => {
    const world = new World({ clientId: (_, data) => `id-${data.user}` });
    const ann = await world.join("ann");
    expect(ann.id).toBe("id-ann");
    await world.sleep();
    for (const user of ["ann", "x".repeat(62)]) expect((await upgrade(world.stub, { user })).status).toBe(500);
    expect(world.plan.errors).toHaveLength(2);
    expect(await world.inside((_, state) => state.getWebSockets().length)).toBe(1);
    expect((await ann.call("WHO")).id).toBe("id-ann");

    const empty = new World({ clientId: () => "" });
    expect((await upgrade(empty.stub, { user: "ann" })).status).toBe(500);
    await nobody(empty);
  });

  it.each([
    ["ten of them", () => Array.from({ length: 10 }, (_, at) => `tag ${at}`)],
    ["one too long", () => ["x".repeat(257)]],
    [
      "a throw",
      (): string[] => {
        throw new Error("no tags");
      },
    ],
  ])("A08 bad tags (%s) are 500 and onError, and leave nothing", async (_, tags) => {
    const world = new World({ tags });
    expect((await upgrade(world.stub, { user: "ann" })).status).toBe(500);
    expect(world.plan.errors).toHaveLength(1);
    await nobody(world);
  });

  it("A08 nine tags of 256 characters are taken", async () => {
    const tags = Array.from({ length: 9 }, (_, at) => `${at}`.padEnd(256, "x"));
    const world = new World({ tags: () => tags });
    await world.join("ann");
    expect(await world.inside((_, state) => state.getWebSockets(tags[8]).length)).toBe(1);
  });

  it("A51 an origin that is not allowed is 403, before anybody is asked who it is", async () => {
    let asked = 0;
    const world = new World({
      allowedOrigins: ["https://chat.example"],
      authenticate() {
        asked++;
        return { user: "ann" };
      },
    });
    const evil = [
      {},
      { origin: "https://evil.example" },
      { origin: "https://chat.example.evil.example" },
      { origin: "http://chat.example" },
      { origin: "null" },
    ];
    for (const headers of evil) expect((await upgrade(world.stub, {}, headers)).status).toBe(403);
    expect(asked).toBe(0);
    await nobody(world);
    const response = await upgrade(world.stub, {}, { origin: "https://chat.example" });
    response.webSocket?.accept();
    expect([response.status, asked]).toEqual([101, 1]);
  });

  it("A51 allowedOrigins as a function sees the origin, or null", async () => {
    const seen: unknown[] = [];
    const world = new World({
      allowedOrigins(origin) {
        seen.push(origin);
        return origin === null;
      },
    });
    expect((await upgrade(world.stub, { user: "ann" }, { origin: "https://a.example" })).status).toBe(403);
    const response = await upgrade(world.stub, { user: "ann" });
    response.webSocket?.accept();
    expect(response.status).toBe(101);
    expect(seen).toEqual(["https://a.example", null]);
  });

  it("A51 what is not true is a no, a promise too", async () => {
    const promising: object = { allowedOrigins: async () => true };
    const world = new World(promising);
    expect((await upgrade(world.stub, { user: "ann" }, { origin: "https://a.example" })).status).toBe(403);
    await nobody(world);
  });
});
