// The acceptance conversation: one script, run without an eviction, with one in each gap, and with one in every gap. With the
// clock standing still and the epoch given, all transcripts are the same bytes: sleep cannot be seen from outside.
import { crc32, decode, encode, KIND, lz4Compress } from "@ferrule/core";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import {
  actorOf,
  configOf,
  evict,
  freshRoom,
  idOf,
  quiet,
  RoomClient,
  type RoomStub,
} from "../../../../tests/worker/support/room-client";

/** An hour ahead, so that no alarm comes while the clock stands still. */
const NOW = Date.now() + 3_600_000;
const EPOCH = [1, 2, 3, 4, 5, 6, 7, 8];
/** Longer than frames wait for each other, twice: so what comes of each step, and how it is grouped, does not hang on the machine. */
const SETTLE_MS = 100;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  vi.spyOn(crypto, "getRandomValues").mockImplementation((bytes) => {
    if (bytes instanceof Uint8Array) bytes.set(EPOCH.slice(0, bytes.length));
    return bytes;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** The people of one run, and what the room answered to calls that are no frames. */
interface Talk {
  readonly stub: RoomStub;
  readonly clients: Map<string, RoomClient>;
  readonly answers: unknown[];
}

type Step = (talk: Talk) => unknown;

const NOTHING = { epoch: new Uint8Array(8), lastSeq: 0 };
const at = (lastSeq: number, epoch = EPOCH) => ({ epoch: Uint8Array.from(epoch), lastSeq });

const join =
  (name: string, as = name, cursor = NOTHING, title = "Room"): Step =>
  async ({ stub, clients }) => {
    const room = configOf(1, { title });
    const client = await RoomClient.open(stub, as, { guest: as === "carl", expiresAt: NOW + 900_000, room });
    clients.set(name, client);
    client.send({ kind: "HELLO", body: { ...cursor, features: 15, maxFrame: 65_536, client: "talk" } });
  };
const say =
  (name: string, n: number, text: string, replyTo = 0): Step =>
  ({ clients }) =>
    clients.get(name)!.say(n, text, replyTo);
const send =
  (name: string, ...frames: Parameters<RoomClient["send"]>[0][]): Step =>
  ({ clients }) => {
    for (const frame of frames) clients.get(name)!.send(frame);
  };
const history = (name: string, direction: number, from: number, limit: number): Step =>
  send(name, { kind: "HISTORY_REQ", id: idOf(500), body: { direction, from, limit } });
const post =
  (name: string, n: number, text: string): Step =>
  async ({ stub, answers }) =>
    answers.push(await stub.apply(actorOf(name), { type: "post", id: idOf(n), text, replyTo: 0 }));
const configure =
  (version: number, title: string, closed: boolean): Step =>
  ({ stub }) =>
    stub.configure(configOf(version, { title, closed }));
const close =
  (name: string): Step =>
  ({ clients }) =>
    clients.get(name)!.socket.close(1000, "bye");

function unassigned(kind: number): Uint8Array {
  const bytes = new Uint8Array([0x57, 1, kind, 0, 0, 0, 16, ...idOf(7), 0, 1, 0, 0, 0, 0, 0]);
  new DataView(bytes.buffer).setUint32(bytes.length - 4, crc32(bytes.subarray(0, -4)), true);
  return bytes;
}

const LONG = "One line after another, and then one more. ".repeat(40);

const STEPS: readonly Step[] = [
  join("ann"),
  join("bob"),
  say("ann", 1, "hello"),
  say("bob", 2, "hello ann", 1),
  send("ann", { kind: "PEOPLE_REQ", id: idOf(501), body: { refs: [1, 2, 3] } }),
  history("ann", 0, 0, 50),
  say("bob", 2, "hello ann", 1),
  say("bob", 2, "hello you", 1),
  say("bob", 3, "who?", 77),
  say("ann", 4, LONG),
  post("dave", 5, "by HTTP"),
  post("dave", 5, "by HTTP"),
  join("carl"),
  history("carl", 1, 1, 2),
  say("carl", 1, "my id 1 is not ann's"),
  close("bob"),
  say("ann", 6, "bob is away"),
  post("bob", 7, "no, on another line"),
  join("bob again", "bob", at(2)),
  history("bob again", 0, 5, 2),
  configure(2, "A better name", false),
  configure(3, "A better name", true),
  say("ann", 8, "too late"),
  say("ann", 6, "bob is away"),
  configure(4, "A better name", false),
  send("ann", { kind: "CREDIT", body: { consumed: 700 } }, { kind: "TYPING", body: { state: 1 } }),
  send("ann", { kind: "RECEIPT", body: { list: [{ ref: 0, upTo: 3 }] } }),
  send("ann", { kind: "PRESENCE", body: { op: 2, state: 2 } }),
  send("ann", unassigned(70), unassigned(40)),
  send("carl", "no ping"),
  join("erin", "erin", at(3, [9, 9, 9, 9, 9, 9, 9, 9]), "A better name"),
  join("fay", "fay", at(10), "A better name"),
  say("erin", 9, "the last word"),
  close("ann"),
  async ({ stub, answers }) => answers.push(await stub.stats(), await stub.page({ limit: 3, reader: null })),
];

/** One message as the transcript shows it: its bytes, but for the room's id, which differs from run to run. */
function shown(message: Uint8Array): string {
  const frame = decode("down", message);
  if ("skip" in frame || frame.kind !== "WELCOME") return Buffer.from(message).toString("hex");
  const { title } = frame.body;
  return `WELCOME ${Buffer.from(encode({ ...frame, body: { ...frame.body, title, roomId: "talk" } })).toString("hex")}`;
}

/** Runs the script, evicting behind the steps `evictAfter` names. */
async function run(evictAfter: (gap: number) => boolean): Promise<Record<string, unknown>> {
  const talk: Talk = { stub: freshRoom("talk"), clients: new Map(), answers: [] };
  for (const [n, step] of STEPS.entries()) {
    await step(talk);
    await quiet(talk.clients.values(), SETTLE_MS);
    if (n < STEPS.length - 1 && evictAfter(n)) await evict(talk.stub);
  }
  for (const [name, client] of talk.clients) expect(client.strangers, name).toEqual([]);
  const told = [...talk.clients].map(([name, { raw, texts, closed }]) => [
    name,
    { raw: raw.map(shown), texts, closed },
  ]);
  return { ...Object.fromEntries(told), answers: talk.answers };
}

it("R21 a talk of 35 steps reads the same without an eviction, with one in any gap, and with one in every gap", async () => {
  expect(STEPS.length).toBeGreaterThanOrEqual(20);
  expect(lz4Compress(new TextEncoder().encode(LONG)).length).toBeLessThan(LONG.length);
  const awake = await run(() => false);
  expect(await run(() => false)).toEqual(awake);
  expect(await run(() => true)).toEqual(awake);

  // It is the talk that was meant: what each of them got, by kinds.
  const kinds = (awake["ann"] as { raw: string[] }).raw.map((text) => Number.parseInt(text.slice(4, 6), 16));
  expect(kinds.filter((kind) => kind === KIND.ACK)).toHaveLength(4);
  expect(kinds.filter((kind) => kind === KIND.ERROR)).toHaveLength(2);
  expect(kinds.filter((kind) => kind === KIND.HISTORY_PAGE)).toHaveLength(1);
  expect(awake["answers"]).toMatchObject([
    { ok: true, status: "stored" },
    { ok: true, status: "duplicate" },
    { ok: true },
    {},
    {},
  ]);

  const gaps = Array.from({ length: STEPS.length - 1 }, (_, gap) => gap);
  for (let from = 0; from < gaps.length; from += 8) {
    const part = gaps.slice(from, from + 8);
    const transcripts = await Promise.all(part.map((only) => run((gap) => gap === only)));
    for (const [n, transcript] of transcripts.entries()) expect(transcript, `gap ${part[n]}`).toEqual(awake);
  }
}, 600_000);
