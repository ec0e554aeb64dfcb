// What a room tells its archive of edits, deletes, reactions, pins and files; and that D1 comes to show what the room shows, wherever
// the log was trimmed and however the queue treats its messages.
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { afterAll, expect, it, vi } from "vitest";
import { archivedMarks, deliver, HeldQueue } from "../../../../../tests/worker/support/archive";
import { actorOf, evict, freshRoom, idOf, type RoomStub, tune } from "../../../../../tests/worker/support/room-client";
import { STILL, trim } from "../../../../../tests/worker/support/trimming";
import type { ArchiveMessage, Operation, RoomObject } from "../../index";
import { completePage } from "../history";
import { CONTENT_BYTES_MAX } from "../message";
import { AUTHOR, MESSAGE_COLUMNS, type MessageRow, showMessages } from "../read/shown";

const held = new HeldQueue();
afterAll(() => held.release());

async function quietRoom(): Promise<RoomStub> {
  const stub = freshRoom("content");
  await tune(stub, STILL);
  return stub;
}

let ids = 0;
const next = () => idOf(++ids);

/** Writes as people of these names; `mod` is a moderator. */
async function write(stub: RoomStub, name: string, operation: Operation): Promise<void> {
  const role = name === "mod" ? "moderator" : "member";
  const outcome = await stub.apply({ ...actorOf(name), role }, operation);
  if (!outcome.ok) throw new Error(`${operation.type}: ${outcome.code}`);
}

const post = (text: string, replyTo = 0): Operation => ({ type: "post", id: next(), text, replyTo });
const edit = (target: number, text: string): Operation => ({ type: "edit", id: next(), target, text });
const erase = (target: number): Operation => ({ type: "delete", id: next(), target });
const react = (target: number, emoji: string, on = true): Operation => ({
  type: "react",
  id: next(),
  target,
  emoji,
  on,
});
const pin = (target: number, on = true): Operation => ({ type: "pin", target, on });

/** Does what is new, or overdue, and gives what it sent. */
async function flush(stub: RoomStub, kind = "flush"): Promise<ArchiveMessage[]> {
  await runInDurableObject(stub, async (room: RoomObject, { storage }) => {
    if (kind === "resend") storage.sql.exec("UPDATE batch SET sent_at = 1");
    storage.sql.exec("INSERT OR REPLACE INTO due VALUES(?, '', 1)", kind);
    await room.alarm();
  });
  return held.take(stub);
}

it("tells messages as they stand, who has reacted, what is pinned, each once, by the newest entry", async () => {
  const stub = await quietRoom();
  for (const [name, operation] of [
    ["ann", post("one")],
    ["bob", post("two", 1)],
    ["ann", edit(1, "one, edited")],
    ["bob", react(1, "👍")],
    ["ann", react(1, "👍")],
    ["bob", react(1, "👍", false)],
    ["mod", pin(1)],
    ["mod", pin(2)],
    ["mod", pin(1, false)],
    ["mod", erase(2)],
  ] as const)
    await write(stub, name, operation);
  const [sent, ...rest] = await flush(stub);
  expect(rest).toEqual([]);
  const shown = sent!.messages.map(({ ts: _, ...message }) => message);
  const at = expect.any(Number);
  expect(shown.filter(({ kind }) => kind === "MSG")).toMatchObject([
    { seq: 1, version: 3, userId: "u_ann", text: "one, edited", editedAt: at, deletedAt: null, deletedBy: null },
    { seq: 2, version: 10, userId: "u_bob", text: "", editedAt: null, deletedAt: at, deletedBy: "u_mod", replyTo: 1 },
  ]);
  expect(sent!.reactions).toEqual([
    { target: 1, emoji: "👍", userId: "u_bob", seq: 6, present: false },
    { target: 1, emoji: "👍", userId: "u_ann", seq: 5, present: true },
  ]);
  expect(sent!.pins).toEqual([
    { target: 1, userId: "u_mod", seq: 9, present: false },
    // what erased it was followed by an entry that unpins it
    { target: 2, userId: "u_mod", seq: 11, present: false },
  ]);
  expect((await deliver([sent!])).acked).toEqual([0]);
  const { reactions, pins } = await archivedMarks(stub.name!);
  expect([
    reactions.map(({ present }) => present),
    pins.map(({ target_seq, present }) => [target_seq, present]),
  ]).toEqual([
    [1, 0],
    [
      [1, 0],
      [2, 0],
    ],
  ]);
  const audit = await env.DB.prepare("SELECT * FROM audit WHERE room_id = ?").bind(stub.name).all();
  expect(audit.results).toEqual([
    {
      ...{ id: `${stub.name}.10`, room_id: stub.name, actor_id: "u_mod", action: "delete_message", subject: "u_bob" },
      ...{ seq: 2, detail: "{}", at: sent!.messages.find(({ seq }) => seq === 2)?.deletedAt },
    },
  ]);
});

it("cuts batches by all that they hold: whatever the reactions and texts, the queue takes each", async () => {
  const stub = await quietRoom();
  // the longest emoji, as long as JSON can make it
  const emoji = '"'.repeat(64);
  // it leaves room for some of them
  await write(stub, "ann", post("\u0001".repeat(16_000)));
  for (let n = 0; n < 120; n++) await write(stub, `${"x".repeat(58)}${n}`, react(1, emoji));
  await write(stub, "ann", post("\u0001".repeat(16_384)));
  await write(stub, "ann", edit(122, "\u0001".repeat(16_383)));
  const sent = await flush(stub);
  expect(sent.map(({ from }) => from)).toEqual([1, ...sent.slice(0, -1).map(({ to }) => to + 1)]);
  expect(sent[0]!.to).toBeGreaterThan(1);
  expect(sent[0]!.to).toBeLessThan(20);
  expect(sent.at(-1)!.to).toBe(123);
  const size = (value: unknown) => new TextEncoder().encode(JSON.stringify(value)).length;
  for (const { messages, reactions, pins, ...rest } of sent) {
    expect(size([messages, reactions, pins])).toBeLessThan(CONTENT_BYTES_MAX + 500);
    expect(size([messages, reactions, pins, rest])).toBeLessThan(128_000);
  }
  expect((await deliver(sent)).acked).toHaveLength(sent.length);
  expect((await archivedMarks(stub.name!)).reactions).toHaveLength(120);
});

/** The messages of a room as D1 alone has them. */
async function fromArchive(room: string, reader: string) {
  const { results } = await env.DB.prepare(
    `SELECT ${MESSAGE_COLUMNS} FROM message ${AUTHOR} WHERE message.room_id = ? AND message.kind = 'MSG' ORDER BY message.seq`,
  )
    .bind(room)
    .all<MessageRow>();
  return (await showMessages(env.DB, results, reader)).map(({ message }) => message);
}

const target = fc.nat({ max: 30 });
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ does: fc.constant("post" as const), who: fc.nat({ max: 2 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({ does: fc.constantFrom("edit" as const, "pin" as const, "unpin" as const), target }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("erase" as const), target }) },
  {
    weight: 4,
    arbitrary: fc.record({
      ...{ does: fc.constantFrom("react" as const, "unreact" as const), target, who: fc.nat({ max: 2 }) },
      emoji: fc.constantFrom("👍", "🎉", ":a:"),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constantFrom("flush" as const, "resend" as const, "deliver" as const, "trim" as const, "sleep" as const),
      target,
    }),
  },
);

it("R47 R48 R50 R51 R55 law: D1 comes to show what the room shows, over sleeps, a queue that fails, loses, doubles and reorders, and trimming", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const stub = await quietRoom();
      const [people, posted, texts] = [["ann", "bob", "mod"], [] as number[], new Map<number, string>()];
      let queue: ArchiveMessage[] = [];
      const apply = async (name: string, operation: Operation) => {
        const outcome = await stub.apply(
          { ...actorOf(name), role: name === "mod" ? "moderator" : "member" },
          operation,
        );
        return outcome.ok ? (outcome.message?.seq ?? null) : null;
      };
      const authors = new Map<number, string>();
      for (const [n, one] of steps.entries()) {
        const hit = "target" in one ? (posted[one.target % posted.length] ?? 0) : 0;
        switch (one.does) {
          case "post": {
            const name = people[one.who]!;
            const seq = await apply(name, post(`text ${n}`, posted.at(-1) ?? 0)).then(
              (s) => s ?? apply(name, post(`text ${n}`)),
            );
            if (seq !== null) {
              posted.push(seq);
              authors.set(seq, name);
              texts.set(seq, `text ${n}`);
            }
            break;
          }
          case "edit":
            await apply(authors.get(hit) ?? "ann", edit(hit, `edit ${n}`));
            break;
          case "erase":
            await apply(n % 2 === 0 ? "mod" : (authors.get(hit) ?? "ann"), erase(hit));
            break;
          case "pin":
          case "unpin":
            await apply("mod", pin(hit, one.does === "pin"));
            break;
          case "react":
          case "unreact":
            await apply(people[one.who]!, react(hit, one.emoji, one.does === "react"));
            break;
          case "flush":
          case "resend": {
            // now and then the queue takes nothing, or a part
            let taken = one.target % 4 === 3 ? one.target % 3 : Number.POSITIVE_INFINITY;
            held.onSend = () => {
              if (--taken < 0) throw new Error("the queue is down");
            };
            queue.push(...(await quietly(() => flush(stub, one.does))));
            held.onSend = () => undefined;
            break;
          }
          case "deliver": {
            // some of it, the newest first, some twice; some is lost, and some comes late
            const [taken, left] = [
              queue.filter((_, at) => (at + one.target) % 3 > 0),
              queue.filter((_, at) => (at + one.target) % 3 === 0),
            ];
            if (taken.length > 0) await quietly(() => deliver([...taken].reverse().concat(taken.slice(0, 2))));
            queue = one.target % 4 === 0 ? [] : left;
            break;
          }
          case "trim":
            queue.push(...(await flush(stub)));
            if (queue.length > 0) await quietly(() => deliver(queue));
            queue = [];
            await trim(stub, 0, one.target % 3);
            break;
          case "sleep":
            await evict(stub);
            await tune(stub, STILL);
        }
      }
      await settle(stub, queue);
      const page = await stub.page({ limit: 200, reader: "u_bob" });
      const shown = await completePage(env.DB, stub.name!, page);
      expect(shown.map(({ seq }) => seq)).toEqual(posted);
      const names = <T extends { readonly author: object }>(messages: readonly T[]) =>
        messages.map(({ author: _, ...message }) => message);
      expect(names(await fromArchive(stub.name!, "u_bob"))).toEqual(names(shown));
      // and whatever was trimmed shows no less
      await trim(stub, (await stub.stats()).headSeq, 0);
      const bare = await completePage(env.DB, stub.name!, await stub.page({ limit: 200, reader: "u_bob" }));
      expect(bare).toEqual(shown);
      const erased = new Set(shown.filter(({ deletedAt }) => deletedAt !== null).map(({ seq }) => seq));
      const words = await env.DB.prepare(
        "SELECT seq FROM message JOIN message_fts ON message_fts.rowid = pk WHERE message_fts MATCH ? AND room_id = ? ORDER BY seq",
      )
        .bind(`room : "${stub.name!.replaceAll("-", "ø")}" AND text : ("text" OR "edit")`, stub.name)
        .all<{ seq: number }>();
      expect(words.results.map(({ seq }) => seq)).toEqual(posted.filter((seq) => !erased.has(seq)));
    }),
    { numRuns: 15 },
  );
});

/** Lets everything arrive: what is under way, what is new, and again what was lost. */
async function settle(stub: RoomStub, under: readonly ArchiveMessage[]): Promise<void> {
  if (under.length > 0) await quietly(() => deliver(under));
  for (let round = 0; round < 50; round++) {
    const sent = [...(await flush(stub)), ...(await flush(stub, "resend"))];
    if (sent.length > 0) await quietly(() => deliver(sent));
    const { headSeq, archivedSeq } = await stub.stats();
    if (headSeq === archivedSeq) return;
  }
  throw new Error("the archive does not come to an end");
}

async function quietly<T>(work: () => Promise<T>): Promise<T> {
  const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
  try {
    return await work();
  } finally {
    logged.mockRestore();
  }
}
