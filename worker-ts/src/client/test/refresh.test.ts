// R39, the client's part: an admission is prolonged before it ends; when that fails, a new connection is admitted anew.
import { encode, type Frame, ROLE } from "@ferrule/core";
import { expect, test } from "vitest";
import type { Peer } from "../testing/peer";
import { World } from "../testing/world";

const refreshes = (peers: readonly Peer[]) =>
  peers.flatMap(({ heard }) =>
    heard.filter((frame): frame is Extract<Frame, { kind: "AUTH_REFRESH" }> => {
      return typeof frame !== "string" && frame.kind === "AUTH_REFRESH";
    }),
  );
const tickets = (world: World) => world.server.requests.filter((request) => request.endsWith("/ticket")).length;

/** A world whose admissions last 100 s and are ended 10 s later. */
function shortly(): World {
  const world = new World();
  world.server.admissionMs = 100_000;
  world.server.graceMs = 10_000;
  return world;
}

test("R39: at 80 % of the time left a new ticket prolongs the connection, again and again", async () => {
  const world = shortly();
  const ada = await world.open("ada");
  await world.clock.pass(78_000);
  expect(refreshes(world.server.peers)).toEqual([]);
  await world.clock.pass(2_000);
  expect(refreshes(world.server.peers)).toMatchObject([{ body: { ticket: "t.t" } }]);
  await world.clock.pass(1_000_000);
  expect([world.server.peers.length, ada.room.state]).toEqual([1, "open"]);
  expect(refreshes(world.server.peers)).toHaveLength(13);
  expect(tickets(world)).toBe(14);
  const ids = refreshes(world.server.peers).map(({ id }) => String(id));
  expect(new Set(ids).size).toBe(ids.length);
});

test("R39: the room's clock need not be ours", async () => {
  const world = shortly();
  const now = () => world.clock.now() - 86_400_000;
  const ada = await world.open("ada", { platform: { now } });
  await world.clock.pass(85_000);
  expect(refreshes(world.server.peers)).toHaveLength(1);
  expect(ada.room.state).toBe("open");
});

test("R39: without a ticket it is tried again, and after 4010 a new connection resumes at once", async () => {
  const world = shortly();
  const ada = await world.open("ada");
  await world.clock.pass(70_000);
  world.server.door = { status: 503, code: "internal" };
  await world.clock.pass(30_000);
  const tries = tickets(world) - 1;
  expect(tries).toBeGreaterThan(2);
  expect([refreshes(world.server.peers), ada.room.state, ada.states()]).toEqual([[], "open", ["connecting", "open"]]);
  world.server.door = undefined;
  await world.clock.pass(9_000);
  expect(refreshes(world.server.peers)).toHaveLength(1);
  // Out of reach for all of the rest: closed with EXPIRED, and back when there are tickets.
  await world.clock.pass(70_000);
  world.server.door = { status: 503, code: "internal" };
  world.clock.setTimeout(() => {
    world.server.door = undefined;
  }, 41_000);
  await world.clock.pass(60_000);
  expect(ada.states()).toContain("waiting");
  expect([ada.room.state, world.server.peers.length]).toEqual(["open", 2]);
  world.server.post("bob", "hello");
  await world.clock.pass(500);
  expect(ada.texts()).toEqual(["hello"]);
});

test.each(["UNSUPPORTED", "INTERNAL"] as const)(
  "R39: a refresh refused with %s is no error of the program's",
  async (name) => {
    const world = shortly();
    const ada = await world.open("ada");
    world.server.intercept = (frame, peer) => {
      if (frame.kind !== "AUTH_REFRESH") return false;
      world.server.refuse(peer, name, frame.id);
      return true;
    };
    await world.clock.pass(109_000);
    const tries = refreshes(world.server.peers).length;
    // What the room does not know is not asked for twice.
    if (name === "UNSUPPORTED") expect(tries).toBe(1);
    else expect(tries).toBeGreaterThan(1);
    await world.clock.pass(10_000);
    expect([ada.room.state, world.server.peers.length]).toEqual(["open", 2]);
    const errors = ada.events.flatMap((event) => (event.type === "error" ? [event.error.code] : []));
    expect(errors).toEqual(["expired"]);
  },
);

test("R39: refused by its bucket, the same frame comes again after the wait, and credit with it", async () => {
  const world = shortly();
  await world.open("ada");
  let until = 0;
  world.server.intercept = (frame, peer) => {
    if (frame.kind !== "AUTH_REFRESH" || until > 0) return false;
    until = world.clock.now() + 3_000;
    world.server.refuse(peer, "RATE_LIMITED", frame.id, 3_000);
    return true;
  };
  await world.clock.pass(90_000);
  const [first, second, ...more] = refreshes(world.server.peers);
  expect(more).toEqual([]);
  expect(String(second?.id)).toBe(String(first?.id));
  expect(world.server.open[0]!.expiresAt - 100_000).toBeGreaterThan(until);
});

test("R39: signed out, the room says 4005: closed, until somebody has signed in again", async () => {
  const world = shortly();
  const ada = await world.open("ada");
  world.server.refuse(world.server.open[0]!, "UNAUTHENTICATED", null, 0, true);
  await world.clock.pass(600_000);
  expect([ada.room.state, ada.room.error?.code, tickets(world)]).toEqual(["closed", "unauthenticated", 1]);
  ada.room.retryNow();
  await world.clock.pass(1_000);
  expect(ada.room.state).toBe("open");
});

test("R39: a role that the answer brings counts, and a change of role does not put the refresh off", async () => {
  const world = shortly();
  const ada = await world.open("ada");
  await world.clock.pass(70_000);
  world.server.promote("ada", ROLE.MODERATOR);
  await world.clock.pass(5_000);
  expect(ada.room.role).toBe("moderator");
  world.server.roles.set("ada", ROLE.OWNER);
  await world.clock.pass(6_000);
  expect([refreshes(world.server.peers).length, ada.room.role]).toEqual([1, "owner"]);
});

test("R39: an admission that cannot last is not asked to all the time", async () => {
  const world = shortly();
  await world.open("ada");
  const end = world.clock.now() + 90_000;
  world.server.intercept = (frame, peer) => {
    if (frame.kind !== "AUTH_REFRESH") return false;
    const body = { expiresAt: end, role: ROLE.MEMBER };
    peer.socket.deliver(encode({ kind: "AUTH_REFRESH", ts: world.clock.now(), id: frame.id, body }));
    return true;
  };
  await world.clock.pass(95_000);
  expect(refreshes(world.server.peers).length).toBeLessThan(12);
});

test("closed while a ticket is taken: nothing more is sent", async () => {
  const world = shortly();
  const base = world.server.platform("ada");
  let calls = 0;
  const fetch: typeof base.fetch = (url, init) => {
    if (++calls === 1) return base.fetch(url, init);
    return new Promise((_, reject) => init.signal?.addEventListener("abort", () => reject(new Error("aborted"))));
  };
  const ada = await world.open("ada", { platform: { fetch } });
  await world.clock.pass(85_000);
  expect(calls).toBe(2);
  await ada.room.close();
  await world.clock.pass(100_000);
  expect([refreshes(world.server.peers), world.clock.pending]).toEqual([[], 0]);
});

test("R39: a ticket that was refused on the way asks for another one; only that one's refusal is the end", async () => {
  const world = shortly();
  const ada = await world.open("ada");
  world.server.intercept = (frame, peer) => {
    if (frame.kind !== "AUTH_REFRESH") return false;
    world.server.refuse(peer, "UNAUTHENTICATED", null, 0, true);
    return true;
  };
  await world.clock.pass(85_000);
  expect([ada.room.state, world.server.peers.length]).toEqual(["open", 2]);
  // Signed out while a refresh was under way.
  world.server.intercept = (frame, peer) => {
    if (frame.kind !== "AUTH_REFRESH") return false;
    world.server.door = { status: 401, code: "unauthenticated" };
    world.server.refuse(peer, "UNAUTHENTICATED", null, 0, true);
    return true;
  };
  await world.clock.pass(100_000);
  expect([ada.room.state, ada.room.error?.code]).toEqual(["closed", "unauthenticated"]);
  // Signed out with none under way: no line, no further ticket.
  const bob = new World();
  const client = await bob.open("bob");
  bob.server.refuse(bob.server.peers[0]!, "UNAUTHENTICATED", null, 0, true);
  await bob.clock.pass(60_000);
  expect([client.room.state, tickets(bob)]).toEqual(["closed", 1]);
});

test("R39: the doubt about a ticket ends with its line: who is refused on the next one is signed out", async () => {
  const world = shortly();
  const ada = await world.open("ada");
  world.server.intercept = (frame, peer) => {
    if (frame.kind !== "AUTH_REFRESH" && frame.kind !== "HELLO") return false;
    world.server.refuse(peer, "UNAUTHENTICATED", null, 0, true);
    return true;
  };
  await world.clock.pass(120_000);
  expect([ada.room.state, world.server.peers.length]).toEqual(["closed", 2]);
});
