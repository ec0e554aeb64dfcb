// Sockets that mean harm, beyond the rooms' own tests of frames (R03, R05), limits (R42), HELLO (R45) and the door (R36-R38).
import { runInDurableObject } from "cloudflare:test";
import { ERROR_CODE, encode, LIMIT } from "@ferrule/core";
import { describe, expect, it } from "vitest";
import { freshRoom, idOf, query, RoomClient, ring, tune, until } from "../support/room-client";

/** Sockets that the room holds. */
const held = (stub: ReturnType<typeof freshRoom>) =>
  runInDurableObject(stub, (_room, state) => state.getWebSockets().filter(({ readyState }) => readyState === 1).length);

describe("a socket", () => {
  it("S26 that is opened and never says HELLO: one person holds CONNECTIONS_PER_USER_MAX of them, and none for long", async () => {
    const stub = freshRoom("half-open");
    const start = Date.now();
    // so that none goes by itself while the test makes them
    await tune(stub, { helloTimeoutMs: 10 * LIMIT.HELLO_TIMEOUT_MS });
    const here = await RoomClient.join(stub, "here");
    const open: RoomClient[] = [];
    for (let n = 0; n < 3 * LIMIT.CONNECTIONS_PER_USER_MAX; n++) open.push(await RoomClient.open(stub, "many"));
    await until(
      () => open.filter(({ closed }) => closed === undefined).length <= LIMIT.CONNECTIONS_PER_USER_MAX,
      "the oldest to go",
    );
    expect(await held(stub)).toBe(1 + LIMIT.CONNECTIONS_PER_USER_MAX);
    // nobody is told of them: they are nobody yet
    expect(here.crowd.connections).toBeLessThanOrEqual(1);
    await tune(stub, { now: () => start + 12 * LIMIT.HELLO_TIMEOUT_MS });
    await ring(stub);
    await until(() => open.every(({ closed }) => closed !== undefined), "all of them to go");
    expect(await held(stub)).toBe(1);
    expect((await here.write(1, "not disturbed")).body.seq).toBe(1);
  });

  it("S26 of many people fills the room, which then says so; who is in stays in", async () => {
    const stub = freshRoom("full");
    await tune(stub, { socketsPerRoomMax: 5 });
    const here = await RoomClient.join(stub, "here");
    for (let n = 0; n < 4; n++) await RoomClient.open(stub, `crowd-${n}`);
    for (let n = 4; n < 10; n++) expect(await RoomClient.refused(stub, `crowd-${n}`)).toBe(503);
    expect((await here.write(1, "still here")).body.seq).toBe(1);
  });

  it("S27 that sends text, however much or often, is closed and leaves nothing", async () => {
    for (const text of ["", "pong", "PING", "ping ", "ping\n", "{}", '{"kind":"MSG"}', "x".repeat(1_000_000)]) {
      const stub = freshRoom("text");
      const attacker = await RoomClient.join(stub, "attacker");
      for (let n = 0; n < 20; n++) attacker.send(text);
      expect([text.slice(0, 9), await attacker.end()]).toEqual([
        text.slice(0, 9),
        { error: ERROR_CODE.BAD_FRAME, close: 4001 },
      ]);
      expect(await query(stub, "SELECT seq FROM log")).toEqual([]);
    }
  });

  it("S27 that sends a frame of nothing, or one above FRAME_UP_BYTES_MAX, is closed", async () => {
    for (const bytes of [
      new Uint8Array(0),
      new Uint8Array(1),
      new Uint8Array(12),
      new Uint8Array(LIMIT.FRAME_UP_BYTES_MAX + 1),
      new Uint8Array(1_000_000),
    ]) {
      const stub = freshRoom("sizes");
      const attacker = await RoomClient.join(stub, "attacker");
      attacker.send(bytes);
      const { close } = await attacker.end();
      expect([bytes.length, [4001, 4004].includes(close)]).toEqual([bytes.length, true]);
    }
  });

  it("S28 cannot speak as somebody else: a frame with a sender, a seq and a time in it is refused, its own relayed back as well", async () => {
    const stub = freshRoom("forged");
    const [ann, eve] = [await RoomClient.join(stub, "ann"), await RoomClient.join(stub, "eve")];
    await ann.write(1, "of ann");
    await until(() => eve.raw.length > 2, "the message");
    const relayed = eve.raw.at(-1)!;
    eve.send(relayed);
    const { close } = await eve.end();
    expect([4001, 4003]).toContain(close);
    expect(await query(stub, "SELECT count(*) AS n FROM log")).toEqual([{ n: 1 }]);
    // frames that only a server sends
    for (const frame of [
      encode({ kind: "ACK", id: idOf(1), body: { status: 0, seq: 1, ts: 1 } }),
      encode({ kind: "SYSTEM", seq: 9, ts: 9, sender: 1, body: { event: 1, subject: 1, text: "owner" } } as never),
    ]) {
      const mallory = await RoomClient.join(stub, "mallory");
      mallory.send(frame);
      const { status } = await mallory
        .ask({ kind: "MSG", id: idOf(7), body: { replyTo: 0, text: "x" } })
        .catch(() => ({ status: -1 }));
      expect(status).toBeLessThan(0);
    }
    expect(await query(stub, "SELECT count(*) AS n FROM log WHERE kind <> 4")).toEqual([{ n: 0 }]);
    expect(ann.closed).toBeUndefined();
  });

  it("S28 may say HELLO with anything that a frame can hold: no wish, cursor or name of a client breaks the room", async () => {
    const stub = freshRoom("hello");
    for (const wish of [
      { client: "x".repeat(LIMIT.CLIENT_BYTES_MAX) },
      { client: "\u0000\u001b[2J\u202e" },
      { epoch: new Uint8Array(8).fill(1), lastSeq: Number.MAX_SAFE_INTEGER },
      { features: Number.MAX_SAFE_INTEGER },
      { maxFrame: Number.MAX_SAFE_INTEGER },
      { epoch: new Uint8Array(8).fill(255), lastSeq: 1 },
    ]) {
      const client = await RoomClient.open(stub, "somebody");
      const body = { epoch: new Uint8Array(8), lastSeq: 0, features: 0, maxFrame: 65_536, client: "test/1", ...wish };
      client.send({ kind: "HELLO", body });
      await until(() => client.raw.length > 0 || client.closed !== undefined, "an answer");
      client.socket.close(1000);
    }
    const here = await RoomClient.join(stub, "here");
    expect((await here.write(1, "fine")).body.seq).toBe(1);
  });
});
