// Who is here, who types, who has read: what each frame of the room and each end of a connection does.
import { encode, FEATURE, type Frame, LIMIT, ROLE, SYSTEM_EVENT } from "@ferrule/core";
import { expect, test } from "vitest";
import type { RoomEvent } from "../events";
import type { Peer } from "../testing/peer";
import { type Client, World } from "../testing/world";

const ALL = { presence: true, typing: true, receipts: true };
const EPOCH = Uint8Array.of(1, 1, 1, 1, 1, 1, 1, 1);

/** Who is here as a client sees it: connections, and whether away. */
const here = ({ room }: Client) =>
  Object.fromEntries(
    [...room.here()].map(([id, { connections, away }]) => [id, `${connections}${away ? " away" : ""}`]),
  );
const typists = ({ room }: Client) => room.typists().map(({ id }) => id);
const readers = ({ room }: Client) => Object.fromEntries([...room.readers()].map(([id, { seq }]) => [id, seq]));
const of = <K extends RoomEvent["type"]>({ events }: Client, type: K) =>
  events.filter((event): event is Extract<RoomEvent, { type: K }> => event.type === type);
/** Frames of a kind that came up. */
const heard = (peers: readonly Peer[], kind: Frame["kind"]) =>
  peers.flatMap((peer) =>
    peer.heard.filter((frame): frame is Frame => typeof frame !== "string" && frame.kind === kind),
  );
const peersOf = (world: World, user: string) => world.server.open.filter((peer) => peer.user === user);

test("nothing is asked for and nothing is told unless it is wanted", async () => {
  const world = new World();
  const [ada, bob] = [await world.open("ada"), await world.open("bob", { wants: ALL })];
  bob.room.typing(true);
  bob.room.read(1);
  await world.clock.pass(1_000);
  expect(world.server.peers.map(({ features }) => features)).toEqual([
    0,
    FEATURE.PRESENCE | FEATURE.TYPING | FEATURE.RECEIPTS,
  ]);
  expect([ada.room.crowd, here(ada), typists(ada), readers(ada)]).toEqual([undefined, {}, [], {}]);
  expect([...of(ada, "presence"), ...of(ada, "typing"), ...of(ada, "receipt")]).toEqual([]);
});

test("R27: two tabs are one person, who is away only when both are, and stays while one is open", async () => {
  const world = new World();
  const ada = await world.open("ada", { wants: ALL });
  const tabs = [await world.open("bob", { wants: ALL }), await world.open("bob")];
  expect(here(ada)).toEqual({ ada: "1", bob: "2" });
  expect(ada.room.crowd).toEqual({ connections: 3, people: 2, listed: true });
  tabs[0]!.room.presence("away");
  await world.clock.pass(1_000);
  expect(here(ada)).toEqual({ ada: "1", bob: "2" });
  tabs[1]!.room.presence("away");
  await world.clock.pass(1_000);
  expect(here(ada)).toEqual({ ada: "1", bob: "2 away" });
  await tabs[1]!.room.close();
  await world.clock.pass(1_000);
  expect(here(ada)).toEqual({ ada: "1", bob: "1 away" });
  await tabs[0]!.room.close();
  await world.clock.pass(1_000);
  expect(here(ada)).toEqual({ ada: "1" });
  const last = of(ada, "presence").at(-1)!;
  expect([last.here, last.crowd]).toEqual([ada.room.here(), { connections: 1, people: 1, listed: true }]);
  expect(ada.room.here()).toBe(ada.room.here());
});

test("a room that is too large for a list has totals, and a list again when it has shrunk", async () => {
  const world = new World();
  world.server.crowd.listMax = 2;
  const ada = await world.open("ada", { wants: ALL });
  const [bob, cyd] = [await world.open("bob"), await world.open("cyd")];
  expect([ada.room.crowd, here(ada)]).toEqual([{ connections: 3, people: 3, listed: false }, {}]);
  // A change of a list that was dropped adds nobody.
  await cyd.room.close();
  await world.clock.pass(1_000);
  expect([ada.room.crowd?.connections, here(ada)]).toEqual([2, {}]);
  world.server.open[0]!.socket.cut();
  await world.clock.pass(5_000);
  expect(here(ada)).toEqual({ ada: "1", bob: "1" });
  await bob.room.close();
});

test("who is here is shown as it was while there is no connection, and as it is when that is back", async () => {
  const world = new World();
  const ada = await world.open("ada", { wants: ALL });
  const bob = await world.open("bob");
  world.server.door = { status: 503, code: "room_full" };
  world.server.open[0]!.socket.cut();
  await world.clock.pass(1_000);
  expect([ada.room.state, here(ada)]).toEqual(["waiting", { ada: "1", bob: "1" }]);
  await bob.room.close();
  world.server.door = undefined;
  ada.room.retryNow();
  await world.clock.pass(1_000);
  expect([ada.room.state, here(ada)]).toEqual(["open", { ada: "1" }]);
  // For good: then nobody is known to be here.
  world.server.refuse(world.server.open[0]!, "FORBIDDEN", null, 0, true);
  await world.clock.pass(1_000);
  expect([ada.room.state, ada.room.crowd, here(ada)]).toEqual(["closed", undefined, {}]);
  expect(of(ada, "presence").at(-1)).toMatchObject({ crowd: undefined });
});

test("away is told again after a reconnect, here is not", async () => {
  const world = new World();
  const ada = await world.open("ada", { wants: ALL });
  const bob = await world.open("bob");
  bob.room.presence("away");
  await world.clock.pass(1_000);
  for (const peer of peersOf(world, "bob")) peer.socket.cut();
  await world.clock.pass(5_000);
  expect(here(ada)).toEqual({ ada: "1", bob: "1 away" });
  bob.room.presence("here");
  await world.clock.pass(1_000);
  for (const peer of peersOf(world, "bob")) peer.socket.cut();
  await world.clock.pass(5_000);
  expect(here(ada)).toEqual({ ada: "1", bob: "1" });
  expect(heard(world.server.peers, "PRESENCE")).toHaveLength(3);
});

test("R28: typing is seen by others, never by oneself, and lapses when it is not repeated", async () => {
  const world = new World();
  const ada = await world.open("ada", { wants: ALL });
  const tabs = [await world.open("bob", { wants: ALL }), await world.open("bob", { wants: ALL })];
  tabs[0]!.room.typing(true);
  await world.clock.pass(500);
  expect([typists(ada), typists(tabs[0]!), typists(tabs[1]!)]).toEqual([["bob"], [], []]);
  await world.clock.pass(20_000);
  expect(typists(ada)).toEqual(["bob"]);
  const repeats = heard(world.server.peers, "TYPING").length;
  expect(repeats).toBeGreaterThan(5);
  expect(repeats).toBeLessThan(9);
  // The program is gone without a word.
  for (const peer of peersOf(world, "bob")) world.server.intercept = (_, from) => from === peer || from.user === "bob";
  await world.clock.pass(LIMIT.TYPING_TTL_MS + 100);
  expect(typists(ada)).toEqual([]);
  expect(of(ada, "typing").map(({ people }) => people.length)).toEqual([1, 0]);
});

test("an echo of the own typing is not shown", async () => {
  const world = new World();
  const ada = await world.open("ada", { wants: ALL });
  world.server.open[0]!.socket.deliver(encode({ kind: "TYPING", sender: 1, body: { state: 1 } }));
  await world.clock.pass(100);
  expect([typists(ada), of(ada, "typing")]).toEqual([[], []]);
});

test("typing ends with typing(false), with a message, and with the connection", async () => {
  const world = new World();
  const [ada, bob] = [await world.open("ada", { wants: ALL }), await world.open("bob")];
  bob.room.typing(true);
  await world.clock.pass(500);
  bob.room.typing(false);
  await world.clock.pass(500);
  expect(of(ada, "typing").map(({ people }) => people.length)).toEqual([1, 0]);
  bob.room.typing(true);
  await world.clock.pass(500);
  bob.room.send("here it is");
  await world.clock.pass(500);
  expect(of(ada, "typing").map(({ people }) => people.length)).toEqual([1, 0, 1, 0]);
  const said = heard(world.server.peers, "TYPING").length;
  await world.clock.pass(10_000);
  expect(heard(world.server.peers, "TYPING")).toHaveLength(said);
  bob.room.typing(true);
  await world.clock.pass(500);
  expect(typists(ada)).toEqual(["bob"]);
  peersOf(world, "ada")[0]!.socket.cut();
  expect(typists(ada)).toEqual([]);
});

test("who types on while a message is on its way is seen typing after it", async () => {
  const world = new World();
  const [ada, bob] = [await world.open("ada", { wants: ALL }), await world.open("bob")];
  bob.room.typing(true);
  await world.clock.pass(500);
  bob.room.send("one");
  bob.room.typing(true);
  await world.clock.pass(500);
  expect(typists(ada)).toEqual(["bob"]);
});

test("read marks only grow, many become few, and the last one is told again after a reconnect", async () => {
  const world = new World();
  for (let n = 0; n < 20; n++) world.server.post("cyd", `n ${n}`);
  const [ada, bob] = [await world.open("ada", { wants: ALL }), await world.open("bob")];
  for (let seq = 1; seq <= 20; seq++) {
    bob.room.read(seq);
    await world.clock.pass(100);
  }
  bob.room.read(7);
  bob.room.read(Number.NaN);
  await world.clock.pass(2_000);
  expect(readers(ada)).toEqual({ bob: 20 });
  expect(heard(world.server.peers, "RECEIPT").length).toBeLessThan(5);
  const moved = of(ada, "receipt").flatMap(({ receipts }) => receipts.map(({ seq }) => seq));
  expect(moved).toEqual([...moved].sort((a, b) => a - b));
  // An older mark that comes late changes nothing.
  peersOf(world, "ada")[0]!.socket.deliver(encode({ kind: "RECEIPT", body: { list: [{ ref: 3, upTo: 5 }] } }));
  // Lost with its connection, and told again.
  world.server.crowd.marks.clear();
  for (const peer of world.server.open) peer.socket.cut();
  await world.clock.pass(5_000);
  expect([...world.server.crowd.marks.values()]).toEqual([20]);
  expect(readers(ada)).toEqual({ bob: 20 });
  expect(of(ada, "receipt").flatMap(({ receipts }) => receipts)).toHaveLength(moved.length);
});

test("wishes made while offline are told once there is a connection: the last of each", async () => {
  const world = new World();
  world.server.post("cyd", "one");
  const ada = await world.open("ada", { wants: ALL });
  const bob = world.connect("bob");
  bob.room.presence("away");
  bob.room.presence("here");
  bob.room.typing(true);
  bob.room.read(1);
  await world.clock.pass(2_000);
  expect([here(ada).bob, typists(ada), readers(ada)]).toEqual(["1", ["bob"], { bob: 1 }]);
  expect(heard(world.server.peers, "PRESENCE")).toEqual([]);
});

test("wild typing and reading never comes faster than the room takes it", async () => {
  const world = new World();
  world.server.post("cyd", "one");
  const bob = await world.open("bob");
  for (let n = 0; n < 2_000; n++) {
    bob.room.typing(n % 2 === 0);
    bob.room.presence(n % 3 === 0 ? "away" : "here");
    bob.room.read(n);
    await world.clock.pass(7);
  }
  expect(world.server.faultsOfClients).toBe(0);
});

test("somebody unknown is missing until the room has told, and renamed when it tells again", async () => {
  const world = new World();
  const ada = await world.open("ada", { wants: ALL });
  const { socket } = world.server.open[0]!;
  world.server.intercept = (frame, peer) => {
    if (frame.kind !== "PEOPLE_REQ") return false;
    const list = frame.body.refs.map((ref) => ({ ref, flags: 0, userId: "eve", name: "Eve" }));
    peer.socket.deliver(encode({ kind: "PEOPLE", id: frame.id, body: { list } }));
    return true;
  };
  const list = [{ conn: 9, ref: 9, state: 1 }];
  socket.deliver(encode({ kind: "PRESENCE", body: { op: 1, connections: 2, people: 2, list } }));
  socket.deliver(encode({ kind: "RECEIPT", body: { list: [{ ref: 9, upTo: 3 }] } }));
  await world.clock.pass(30);
  expect([here(ada), readers(ada)]).toEqual([{ ada: "1" }, {}]);
  await world.clock.pass(500);
  expect([here(ada), readers(ada)]).toEqual([{ ada: "1", eve: "1" }, { eve: 3 }]);
  const renamed = [{ ref: 9, flags: 0, userId: "eve", name: "Eva" }];
  socket.deliver(encode({ kind: "PEOPLE", body: { list: renamed } }));
  await world.clock.pass(100);
  expect(of(ada, "presence").at(-1)!.here.get("eve")?.person.name).toBe("Eva");
  expect(of(ada, "receipt").at(-1)).toMatchObject({ receipts: [{ person: { name: "Eva" }, seq: 3 }] });
});

test("another log: nobody is taken for somebody of the old one, and the old mark is not told", async () => {
  const world = new World();
  world.server.post("cyd", "one");
  const ada = await world.open("ada", { wants: ALL });
  const bob = await world.open("bob", { wants: ALL });
  bob.room.read(1);
  ada.room.read(1);
  await world.clock.pass(2_000);
  expect(readers(ada)).toEqual({ ada: 1, bob: 1 });
  world.server.epoch = EPOCH;
  world.server.crowd.marks.clear();
  for (const peer of world.server.open) peer.socket.cut();
  await world.clock.pass(10_000);
  expect(ada.events.find(({ type }) => type === "reset")).toMatchObject({ drop: true });
  expect([here(ada), readers(ada)]).toEqual([{ ada: "1", bob: "1" }, {}]);
});

test("role, title and slow mode are what the room said last", async () => {
  const world = new World();
  const ada = await world.open("ada");
  expect([ada.room.role, ada.room.title, ada.room.slowModeMs]).toEqual(["member", "Sim", 0]);
  world.server.promote("ada", ROLE.MODERATOR);
  world.server.announce(SYSTEM_EVENT.TITLE, "Simulation");
  world.server.announce(SYSTEM_EVENT.SLOW_MODE, "1500");
  await world.clock.pass(500);
  expect([ada.room.role, ada.room.title, ada.room.slowModeMs]).toEqual(["moderator", "Simulation", 1_500]);
  expect(of(ada, "role")).toEqual([{ type: "role", role: "moderator" }]);
  // The same role again, and one that a new connection has.
  world.server.promote("ada", ROLE.MODERATOR);
  world.server.roles.set("ada", ROLE.OWNER);
  world.server.open[0]!.socket.cut();
  await world.clock.pass(5_000);
  expect(of(ada, "role").map(({ role }) => role)).toEqual(["moderator", "owner"]);
});
