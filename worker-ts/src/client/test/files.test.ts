// Files: up by HTTP, out with a message that takes its turn among the others, in by frames and by pages.
import { LIMIT } from "@ferrule/core";
import { expect, test } from "vitest";
import type { FileInfo } from "../entry";
import { localOutbox } from "../outbox/outbox-store";
import { storage } from "../testing/disk";
import { SIM_FILE } from "../testing/files";
import { type Client, World } from "../testing/world";
import { RoomView } from "../view/view";

const other: FileInfo = { ...SIM_FILE, id: "__79_Pv6-fj39vX08_Lx8A", name: "notes.txt" };
const files = ({ events }: Client) =>
  events.flatMap((event) => (event.type === "message" ? [event.message.files] : []));
const refused = (status: number, code: string, retryAfterMs?: number) =>
  Response.json({ error: { code, message: code, retryAfterMs } }, { status });
const isPost = (request: string) => request === "POST /api/rooms/sim/messages";

test("a file goes up under its name, and answers with what the room knows of it", async () => {
  const world = new World();
  const { room } = await world.open("ada");
  const sent = { name: "a plan & more.png", size: 3 };
  await expect(room.upload(new File(["abc"], sent.name))).resolves.toEqual({ ...SIM_FILE, ...sent });
  await room.upload(new Blob(["abcd"]), "b.bin");
  await room.upload(new Blob([]));
  expect(world.server.files.uploads).toEqual([sent, { name: "b.bin", size: 4 }, { name: "", size: 0 }]);
  expect(room.fileUrl(SIM_FILE)).toBe(`https://sim/api/rooms/sim/files/${SIM_FILE.id}`);
  world.server.files.intercept = () => refused(413, "too_large");
  await expect(room.upload(new Blob(["x"]))).rejects.toMatchObject({ code: "too_large", fatal: true });
  world.server.files.intercept = () => Response.json({ id: 7 });
  await expect(room.upload(new Blob(["x"]))).rejects.toMatchObject({ code: "bad_answer" });
});

test("a message with files comes to everybody with them, by frame, by page and from the archive", async () => {
  const world = new World();
  const [ada, bob] = [await world.open("ada"), await world.open("bob")];
  const sent = ada.room.send("look", { files: [SIM_FILE, other] });
  const bare = ada.room.send("", { files: [SIM_FILE, other] });
  await world.clock.pass(1_000);
  expect(await Promise.all([sent.done, bare.done])).toEqual([
    { seq: 1, ts: 1 },
    { seq: 2, ts: 2 },
  ]);
  for (const client of [ada, bob]) {
    expect(client.texts()).toEqual(["look", "plan.png, notes.txt"]);
    // what a file is, the room says
    expect(files(client).map((list) => list.map(({ id }) => id))).toEqual(Array(2).fill([SIM_FILE.id, other.id]));
    expect(files(client)[0]?.[0]).toEqual(SIM_FILE);
  }
  const view = new RoomView();
  const read = bob.room.history();
  await world.clock.pass(100);
  const page = await read;
  view.page(page);
  expect(view.messages.map((message) => message.files.length)).toEqual([2, 2]);
  world.server.oldest = 3;
  const archived = bob.room.history();
  await world.clock.pass(100);
  expect((await archived).messages).toMatchObject(
    page.messages.map(({ seq, text }) => ({ seq, text, files: [{}, {}] })),
  );
  const edited = ada.room.edit(1, "look here");
  ada.room.remove(2);
  await world.clock.pass(1_000);
  await edited.done;
  for (const event of bob.events) view.apply(event);
  expect(view.messages.map((message) => [message.text, message.files.length])).toEqual([
    ["look here", 2],
    ["", 0],
  ]);
});

test("it takes its turn: what stands behind waits for its answer", async () => {
  const world = new World();
  const ada = await world.open("ada");
  let answer = () => {};
  const held = new Promise<void>((resolve) => {
    answer = resolve;
  });
  world.server.files.intercept = async () => {
    await held;
    world.server.files.intercept = () => undefined;
    return refused(503, "internal");
  };
  ada.room.send("one");
  ada.room.send("two", { files: [SIM_FILE] });
  ada.room.send("three");
  ada.room.react(1, "👍");
  await world.clock.pass(5_000);
  // reactions have a lane of their own
  expect(world.server.log.map(({ text }) => text)).toEqual(["one", "👍"]);
  answer();
  await world.clock.pass(5_000);
  expect(ada.texts()).toEqual(["one", "two", "three"]);
  expect(world.server.requests.filter(isPost)).toHaveLength(2);
  expect(ada.room.unsent).toBe(0);
});

test("R62: written offline, reloaded, online: it arrives once, files and all", async () => {
  const world = new World();
  const disk = storage();
  world.server.door = { status: 503, code: "room_full" };
  const before = await world.open("ada", { outbox: localOutbox(disk) });
  const view = new RoomView();
  before.room.on("outbox", (event) => view.apply(event));
  before.room.send("", { files: [SIM_FILE], replyTo: 0 });
  before.room.send("behind");
  await world.clock.pass(100);
  expect(view.messages[0]).toMatchObject({ status: "pending", text: "plan.png", files: [SIM_FILE] });
  const after = await world.open("ada", { outbox: localOutbox(disk) });
  expect(after.events.find(({ type }) => type === "outbox")).toMatchObject({ entry: { files: [SIM_FILE] } });
  world.server.door = undefined;
  await world.clock.pass(60_000);
  expect(world.server.log.map(({ text }) => text)).toEqual(["plan.png", "behind"]);
  expect([files(after)[0], disk.map.size, after.room.unsent]).toEqual([[SIM_FILE], 0, 0]);
});

test("a request that fails, or is never answered, is made again, and holds nothing back for ever", async () => {
  const world = new World();
  const ada = await world.open("ada");
  world.server.files.intercept = () => {
    world.server.files.intercept = () => undefined;
    return Promise.reject(new TypeError("fetch failed"));
  };
  const first = ada.room.send("first", { files: [SIM_FILE] });
  await world.clock.pass(5_000);
  await expect(first.done).resolves.toMatchObject({ seq: 1 });
  world.server.files.intercept = () => {
    world.server.files.intercept = () => undefined;
    return new Promise(() => {});
  };
  ada.room.send("second", { files: [SIM_FILE] });
  ada.room.send("third");
  await world.clock.pass(29_000);
  expect(ada.texts()).toEqual(["first"]);
  await world.clock.pass(5_000);
  expect(ada.texts()).toEqual(["first", "second", "third"]);
  expect(world.server.log).toHaveLength(3);
});

test("the line is cut while it is under way: it is sent again with the same id, and stands there once", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const world = new World(seed);
    const ada = await world.open("ada");
    world.server.faults = { cutBefore: 0.2, cutAfter: 0.2, repeat: 0.2, noTicket: 0.4 };
    const sent = [1, 2, 3, 4, 5, 6].map((n) => ada.room.send(`n ${n}`, n % 2 ? { files: [SIM_FILE] } : {}));
    for (let at = 0; at < 5; at++) {
      await world.clock.pass(200);
      for (const peer of world.server.open) peer.socket.cut();
    }
    await world.clock.pass(200_000);
    world.server.faults = { cutBefore: 0, cutAfter: 0, repeat: 0, noTicket: 0 };
    await world.clock.pass(60_000);
    const stored = await Promise.all(sent.map(({ done }) => done));
    expect(stored.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(world.server.log.map(({ text }) => text)).toEqual([1, 2, 3, 4, 5, 6].map((n) => `n ${n}`));
    expect([ada.texts().length, ada.room.unsent]).toEqual([6, 0]);
  }
});

test("what an earlier connection asked for fails without a word: the later one has asked again", async () => {
  const world = new World();
  const ada = await world.open("ada");
  let answer = () => {};
  const held = new Promise<undefined>((resolve) => {
    answer = () => resolve(undefined);
  });
  let asked = 0;
  world.server.files.intercept = () => (++asked === 1 ? new Promise(() => {}) : held);
  const { id, done } = ada.room.send("once", { files: [SIM_FILE] });
  await world.clock.pass(20_000);
  for (const peer of world.server.open) peer.socket.cut();
  // the first one is given up by now, and the second one is under way
  await world.clock.pass(20_000);
  expect([asked, ada.room.heldUntil]).toEqual([2, undefined]);
  answer();
  await world.clock.pass(100);
  await expect(done).resolves.toEqual({ seq: 1, ts: 1 });
  const told = ada.events.flatMap((event) => (event.type === "outbox" && event.entry.id === id ? [event.status] : []));
  expect(told).toEqual(["pending", "stored"]);
});

test("refusals: final ones reject, others wait as long as they are told", async () => {
  const world = new World();
  const ada = await world.open("ada");
  for (const [status, code] of [
    [404, "not_found"],
    [403, "room_closed"],
    [403, "banned"],
    [400, "bad_request"],
    [409, "conflict"],
  ] as const) {
    world.server.files.intercept = () => refused(status, code);
    const { done } = ada.room.send("x", { files: [SIM_FILE] });
    await world.clock.pass(100);
    await expect(done).rejects.toMatchObject({ code });
    expect(ada.room.unsent).toBe(0);
  }
  for (const [status, code] of [
    [429, "rate_limited"],
    [401, "unauthenticated"],
    [500, "internal"],
  ] as const) {
    world.server.files.intercept = () => {
      world.server.files.intercept = () => undefined;
      return refused(status, code, status === 429 ? 20_000 : undefined);
    };
    const { id, done } = ada.room.send(code, { files: [SIM_FILE] });
    await world.clock.pass(100);
    const held = ada.events.findLast((event) => event.type === "outbox" && event.entry.id === id);
    expect(held).toMatchObject({ status: "pending", heldUntil: expect.any(Number) });
    expect(ada.room.heldUntil).toBeGreaterThan(world.clock.now());
    await world.clock.pass(status === 429 ? 15_000 : 0);
    expect(ada.room.unsent).toBe(1);
    await world.clock.pass(6_000);
    await expect(done).resolves.toMatchObject({ seq: expect.any(Number) });
  }
  expect(ada.texts()).toEqual(["rate_limited", "unauthenticated", "internal"]);
});

test("what no room would take is refused here: too many, no id, a name that is too long", async () => {
  const world = new World();
  const ada = await world.open("ada");
  const tries: (readonly FileInfo[])[] = [
    Array.from({ length: LIMIT.FILES_PER_MESSAGE_MAX + 1 }, () => SIM_FILE),
    [{ ...SIM_FILE, id: "../../secret" }],
    [{ ...SIM_FILE, id: "AAAA" }],
    [{ ...SIM_FILE, name: "x".repeat(LIMIT.FILE_NAME_BYTES_MAX + 1) }],
  ];
  const sent = tries.map((list) => ada.room.send("x", { files: list }).done.catch(({ code }) => code));
  await world.clock.pass(1_000);
  expect(await Promise.all(sent)).toEqual(["too_large", "bad_request", "bad_request", expect.any(String)]);
  expect(world.server.requests.filter(isPost)).toEqual([]);
});

test("a pin goes by HTTP, at once or not at all", async () => {
  const world = new World();
  const { room } = await world.open("ada");
  await room.pin(7, true);
  await room.pin(7, false);
  expect(world.server.files.pins).toEqual(["PUT 7", "DELETE 7"]);
  world.server.files.intercept = () => refused(409, "too_many_pins");
  await expect(room.pin(8, true)).rejects.toMatchObject({ code: "too_many_pins" });
  world.server.files.intercept = () => Promise.reject(new TypeError("fetch failed"));
  await expect(room.pin(8, true)).rejects.toMatchObject({ code: "network", fatal: false });
});
