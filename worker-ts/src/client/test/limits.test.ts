// R42, the client's part: what the room refuses for now is held back and comes later, in order, and never into the wait.
import { ERROR_CODE, encode, type Frame, ROLE, SYSTEM_EVENT } from "@ferrule/core";
import { expect, test } from "vitest";
import type { RoomEvent } from "../events";
import type { Peer } from "../testing/peer";
import { type Client, World } from "../testing/world";

const frames = ({ heard }: Peer) => heard.filter((frame): frame is Frame => typeof frame !== "string");
/** Refuses the first frame of a kind with RATE_LIMITED. */
function refuseFirst(world: World, kind: Frame["kind"], waitMs: number): void {
  let refused = false;
  world.server.intercept = (frame, peer) => {
    if (refused || frame.kind !== kind) return false;
    refused = true;
    world.server.refuse(peer, "RATE_LIMITED", frame.id, waitMs);
    return true;
  };
}
const logged = (world: World) => world.server.log.map(({ kind, text }) => `${kind} ${text}`);
const pending = ({ events }: Client) =>
  events.filter((event): event is Extract<RoomEvent, { type: "outbox" }> => event.type === "outbox");

test("R42: 60 messages at once all arrive, in order, without a strike", async () => {
  const world = new World();
  const ada = await world.open("ada");
  const texts = Array.from({ length: 60 }, (_, n) => `n ${n}`);
  const sent = texts.map((text) => ada.room.send(text));
  await world.clock.pass(30_000);
  await Promise.all(sent.map(({ done }) => done));
  expect(ada.texts()).toEqual(texts);
  expect(world.server.faultsOfClients).toBe(0);
  expect(ada.events.filter(({ type }) => type === "error")).toEqual([]);
});

test("R42: long messages that use up the bytes arrive in order, too", async () => {
  const world = new World();
  const ada = await world.open("ada");
  const noise = () => Array.from({ length: 7_000 }, () => String.fromCharCode(256 + world.random() * 1_500)).join("");
  const texts = Array.from({ length: 40 }, (_, n) => (n % 3 === 0 ? `n ${n}` : `n ${n} ${noise()}`));
  for (const text of texts) ada.room.send(text);
  await world.clock.pass(30_000);
  expect(ada.texts()).toEqual(texts);
  expect(world.server.faultsOfClients).toBe(0);
});

test("R42: three tabs of one person, who has one bucket, write 60 messages: all arrive, without a strike", async () => {
  const world = new World();
  const tabs = [await world.open("ada"), await world.open("ada"), await world.open("ada")];
  const sent = Array.from({ length: 60 }, (_, n) => tabs[n % 3]!.room.send(`n ${n}`));
  await world.clock.pass(60_000);
  await Promise.all(sent.map(({ done }) => done));
  expect([world.server.log.length, world.server.faultsOfClients]).toEqual([60, 0]);
});

test("heldUntil says how long writes wait, and so does their `pending`", async () => {
  const world = new World();
  const ada = await world.open("ada");
  refuseFirst(world, "MSG", 3_000);
  expect(ada.room.heldUntil).toBeUndefined();
  const { id } = ada.room.send("one");
  await world.clock.pass(100);
  const until = ada.room.heldUntil!;
  expect(until - world.clock.now()).toBeGreaterThan(2_800);
  expect(pending(ada).map((event) => [event.entry.id, event.status, "heldUntil" in event && event.heldUntil])).toEqual([
    [id, "pending", false],
    [id, "pending", until],
  ]);
  await world.clock.pass(2_800);
  expect(world.server.log).toEqual([]);
  await world.clock.pass(300);
  expect([logged(world), ada.room.heldUntil]).toEqual([["MSG one"], undefined]);
});

test("a refused message holds every write, and no reaction; the refused one leaves first", async () => {
  const world = new World();
  world.server.post("bob", "zero");
  const ada = await world.open("ada");
  refuseFirst(world, "MSG", 3_000);
  ada.room.send("one");
  await world.clock.pass(100);
  ada.room.send("two");
  ada.room.remove(1);
  ada.room.react(1, "👍");
  await world.clock.pass(2_000);
  expect(logged(world)).toEqual(["MSG zero", "REACT 👍"]);
  await world.clock.pass(3_000);
  expect(logged(world)).toEqual(["MSG zero", "REACT 👍", "MSG one", "MSG two"]);
});

test("in slow mode a refused message holds messages alone", async () => {
  const world = new World();
  world.server.announce(SYSTEM_EVENT.SLOW_MODE, "4000");
  const ada = await world.open("ada");
  const first = ada.room.send("one");
  await world.clock.pass(200);
  const { seq } = await first.done;
  ada.room.send("two");
  ada.room.send("three");
  ada.room.edit(seq, "one!");
  await world.clock.pass(500);
  expect(logged(world)).toEqual(["SYSTEM 4000", "MSG one", "EDIT one!"]);
  expect(ada.room.heldUntil).toBeDefined();
  await world.clock.pass(12_000);
  expect(logged(world).slice(3)).toEqual(["MSG two", "MSG three"]);
  expect(world.server.faultsOfClients).toBe(0);
});

test("in slow mode moderators are not held", async () => {
  const world = new World();
  world.server.roles.set("ada", ROLE.MODERATOR);
  world.server.announce(SYSTEM_EVENT.SLOW_MODE, "4000");
  const ada = await world.open("ada");
  for (const text of ["one", "two", "three"]) ada.room.send(text);
  await world.clock.pass(500);
  expect(ada.texts()).toEqual(["one", "two", "three"]);
});

test("a refused page holds pages and questions, and no message", async () => {
  const world = new World();
  world.server.post("bob", "zero");
  const ada = await world.open("ada");
  refuseFirst(world, "HISTORY_REQ", 2_000);
  const pages = [ada.room.history(), ada.room.history({ limit: 1 })];
  ada.room.send("one");
  await world.clock.pass(1_000);
  expect([ada.texts(), frames(world.server.open[0]!).filter(({ kind }) => kind === "HISTORY_REQ")]).toMatchObject([
    ["one"],
    { length: 1 },
  ]);
  await world.clock.pass(2_000);
  expect((await Promise.all(pages)).map(({ messages }) => messages.length)).toEqual([2, 1]);
});

test("many reactions and pages at once: none into a wait", async () => {
  const world = new World();
  world.server.post("bob", "zero");
  const ada = await world.open("ada");
  for (let n = 0; n < 60; n++) {
    ada.room.react(1, `:n${n % 30}:`);
    ada.room.unreact(1, `:n${(n + 7) % 30}:`);
    void ada.room.history({ limit: 1 });
  }
  await world.clock.pass(60_000);
  expect(ada.room.unsent).toBe(0);
  expect(world.server.faultsOfClients).toBe(0);
});

test("an answer to a frame that is no longer wanted still frees, or holds, its lane", async () => {
  const world = new World();
  const ada = await world.open("ada");
  world.server.intercept = (frame, peer) => {
    if (frame.kind !== "MSG" || frame.body.text !== "one") return false;
    // Stored for an earlier connection's copy; the bucket refuses this one.
    const { id, body } = frame;
    peer.socket.deliver(encode({ kind: "MSG", seq: 1, ts: 1, sender: 1, id, body: { replyTo: 0, text: body.text } }));
    const refusal = { code: ERROR_CODE.RATE_LIMITED, retryAfterMs: 2_000, text: "" };
    world.clock.setTimeout(() => peer.socket.deliver(encode({ kind: "ERROR", id, body: refusal })), 100);
    return true;
  };
  ada.room.send("one");
  ada.room.send("two");
  await world.clock.pass(1_900);
  expect(ada.texts()).toEqual(["one"]);
  expect(frames(world.server.open[0]!).filter(({ kind }) => kind === "MSG")).toHaveLength(1);
  expect(ada.events.filter(({ type }) => type === "error")).toEqual([]);
  await world.clock.pass(1_000);
  expect(frames(world.server.open[0]!).filter(({ kind }) => kind === "MSG")).toHaveLength(2);
});
