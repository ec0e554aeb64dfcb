// Edits, erasures, reactions and pins in D1: whatever is delivered, however often and in whatever order, the rows are those of the
// newest states, and the index has their words.
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { expect, it, vi } from "vitest";
import { archivedMarks, archivedRows, deliver } from "../../../../../tests/worker/support/archive";
import { freshRoom } from "../../../../../tests/worker/support/room-client";
import {
  batchOf,
  change,
  found,
  intact,
  type Part,
  type Told,
  whole,
  word,
} from "../../../../../tests/worker/support/told";
import { moveMemberships } from "../../directory/member-table";
import type { ArchiveMessage } from "../../index";

/** Delivers these at once, and gives those that were not taken. */
async function refusedOf(messages: readonly ArchiveMessage[]): Promise<ArchiveMessage[]> {
  const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const { acked } = await deliver(messages);
  logged.mockRestore();
  return messages.filter((_, at) => !acked.includes(at));
}

/** Delivers all, and again what was not taken, until everything is: what comes before its message must come again. */
async function deliverAll(messages: readonly ArchiveMessage[]): Promise<void> {
  for (let left = messages; left.length > 0; ) {
    const refused = await refusedOf(left);
    if (refused.length === left.length) throw new Error("nothing of this is ever taken");
    left = refused;
  }
}

const audited = async (room: string) =>
  (await env.DB.prepare("SELECT * FROM audit WHERE room_id = ? ORDER BY id").bind(room).all()).results;

type Step =
  | { readonly does: "post" }
  | { readonly does: "edit" | "erase" | "pin" | "unpin"; readonly target: number }
  | { readonly does: "react" | "unreact"; readonly target: number; readonly emoji: string; readonly userId: string };

const target = fc.nat({ max: 4 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ does: "post" as const }) },
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constantFrom("edit" as const, "erase" as const, "pin" as const, "unpin" as const),
      target,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      ...{ does: fc.constantFrom("react" as const, "unreact" as const), target },
      ...{ emoji: fc.constantFrom("👍", "👍", "🎉"), userId: fc.constantFrom("u_ann", "u_bob") },
    }),
  },
);

/** A room as its own log would have it: what each entry did, and how everything stands after each. */
class Model {
  readonly room: string;
  readonly parts: Part[] = [];
  /** Newest state of each message, by when it was reached. */
  readonly #states = new Map<number, { version: number; erasedBy?: string }[]>();

  constructor(room: string) {
    this.room = room;
  }

  get head(): number {
    return this.parts.length;
  }

  do(one: Step): void {
    const seq = this.head + 1;
    const posted = [...this.#states.keys()];
    const hit = one.does === "post" ? undefined : posted[one.target % posted.length];
    if (one.does === "post" || hit === undefined || this.#erased(hit)) {
      this.#states.set(seq, [{ version: seq }]);
      this.parts.push({ messages: [whole(this.room, seq)] });
    } else if (one.does === "edit" || one.does === "erase") {
      const erasedBy = one.does === "erase" ? { erasedBy: seq % 2 === 0 ? "u_ann" : "u_mod" } : {};
      this.#states.get(hit)?.push({ version: seq, ...erasedBy });
      this.parts.push({ messages: [change(this.room, hit, seq, erasedBy.erasedBy)] });
    } else if (one.does === "pin" || one.does === "unpin") {
      this.parts.push({ pins: [{ target: hit, userId: "u_mod", seq, present: one.does === "pin" }] });
    } else if (one.does === "react" || one.does === "unreact") {
      const { emoji, userId } = one;
      this.parts.push({ reactions: [{ target: hit, emoji, userId, seq, present: one.does === "react" }] });
    }
  }

  #erased(seq: number): boolean {
    return this.#states.get(seq)?.at(-1)?.erasedBy !== undefined;
  }

  /** The message that an entry touched, as it stood when the log's head was `when`: of a trimmed one only what changes. */
  told(seq: number, when: number, trimmed: boolean): Told {
    const state = this.#states.get(seq)?.findLast(({ version }) => version <= when) ?? { version: seq };
    const make = trimmed && state.version !== seq ? change : whole;
    return make(this.room, seq, state.version, state.erasedBy);
  }

  /** Everything as it must be in the end. */
  expected() {
    const now = [...this.#states.keys()].map((seq) => this.told(seq, this.head, false));
    const pins = new Map(this.parts.flatMap(({ pins = [] }) => pins.map((pin) => [pin.target, pin] as const)));
    const reactions = new Map(
      this.parts.flatMap(({ reactions = [] }) =>
        reactions.map((one) => [`${String(one.target).padStart(3, "0")}${one.emoji}${one.userId}`, one] as const),
      ),
    );
    return { now, pins, reactions: [...reactions.keys()].sort().map((key) => reactions.get(key)!) };
  }
}

it("R47 R48 law: any order, multiplicity and mix of deliveries give the newest messages, reactions and pins, and their words", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 24 }),
      fc.infiniteStream(fc.nat({ max: 1_000 })),
      async (steps, chance) => {
        const pick = (below: number) => chance.next().value % below;
        const model = new Model(freshRoom("states").name!);
        for (const one of steps) model.do(one);
        const { room, head } = model;
        const deliveries: ArchiveMessage[] = [];
        for (let from = 1; from <= head; ) {
          const to = Math.min(head, from + pick(5));
          const parts = model.parts.slice(from - 1, to);
          // sent as it stood when it was cut, and perhaps again later
          for (const when of [to, to + pick(head - to + 1)]) {
            const seqs = new Set(parts.flatMap(({ messages = [] }) => messages.map(({ seq }) => seq)));
            const messages = [...seqs].map((seq) => model.told(seq, when, seq < from && pick(2) === 0));
            const [pins, reactions] = [
              parts.flatMap(({ pins = [] }) => pins).reverse(),
              parts.flatMap(({ reactions = [] }) => reactions).reverse(),
            ];
            for (let n = 0; n <= pick(3); n++)
              deliveries.splice(pick(deliveries.length + 1), 0, batchOf(room, from, to, { messages, pins, reactions }));
          }
          from = to + 1;
        }
        const refused: ArchiveMessage[] = [];
        for (let at = 0; at < deliveries.length; at += 3)
          refused.push(...(await refusedOf(deliveries.slice(at, at + 3))));
        await deliverAll(refused);

        const { now, pins, reactions } = model.expected();
        const rows = await archivedRows(room);
        expect(
          rows.map(({ seq, version, text, edited_at, deleted_at, deleted_by }) => ({
            ...{ seq, kind: "MSG", version, text, editedAt: edited_at, deletedAt: deleted_at, deletedBy: deleted_by },
          })),
        ).toEqual(
          now.map(({ seq, kind, version, text, editedAt, deletedAt, deletedBy }) => ({
            ...{ seq, kind, version, text, editedAt, deletedAt, deletedBy },
          })),
        );
        const marks = await archivedMarks(room);
        const erasedAt = new Map(
          now.filter(({ deletedAt }) => deletedAt !== null).map(({ seq, version }) => [seq, version]),
        );
        // with a message its marks are gone
        const left = (one: { target: number; seq: number; present: boolean }) => ({
          target_seq: one.target,
          seq: erasedAt.get(one.target) ?? one.seq,
          present: one.present && !erasedAt.has(one.target) ? 1 : 0,
        });
        expect(marks.reactions).toEqual(
          reactions.map(({ emoji, userId, ...one }) => ({ ...left(one), emoji, user_id: userId })),
        );
        expect(marks.pins).toEqual(
          [...pins.values()].sort((a, b) => a.target - b.target).map((one) => ({ ...left(one), user_id: "u_mod" })),
        );
        expect(
          (await audited(room)).map(({ seq, actor_id, subject, action }) => [seq, actor_id, subject, action]).sort(),
        ).toEqual(
          now
            .filter(({ deletedBy }) => deletedBy === "u_mod")
            .map(({ seq }) => [seq, "u_mod", "u_ann", "delete_message"])
            .sort(),
        );
        for (const { seq, text, version } of now)
          expect([seq, await found(room, word(room, seq, version))]).toEqual([seq, text === "" ? [] : [seq]]);
        await intact();
      },
    ),
    { numRuns: 20 },
  );
});

it("R48 a reaction and a pin that were taken back stay so, whichever is heard of last", async () => {
  const mark = { target: 1, userId: "u_ann" };
  const told = (room: string) =>
    [true, false].map((present, n) => {
      const seq = 2 + n;
      return batchOf(room, seq, seq, {
        reactions: [{ ...mark, emoji: "👍", seq, present }],
        pins: [{ ...mark, seq, present }],
      });
    });
  for (const order of [told, (room: string) => told(room).reverse()]) {
    const room = freshRoom("states").name!;
    for (const message of order(room)) await deliver([message]);
    const { reactions, pins } = await archivedMarks(room);
    expect([...reactions, ...pins].map(({ seq, present }) => [seq, present])).toEqual([
      [3, 0],
      [3, 0],
    ]);
  }
});

it("R48 with a message its reactions and its pin are gone, whichever is heard of last", async () => {
  const mark = { target: 1, userId: "u_bob", present: true };
  const told = (room: string) => [
    batchOf(room, 1, 1, { messages: [whole(room, 1)] }),
    batchOf(room, 2, 3, { reactions: [{ ...mark, emoji: "👍", seq: 2 }], pins: [{ ...mark, seq: 3 }] }),
    batchOf(room, 4, 4, { messages: [whole(room, 1, 4, "u_ann")] }),
  ];
  for (const order of [told, (room: string) => told(room).reverse()]) {
    const room = freshRoom("states").name!;
    for (const message of order(room)) await deliver([message]);
    const { reactions, pins } = await archivedMarks(room);
    expect([...reactions, ...pins].map(({ seq, present }) => [seq, present])).toEqual([
      [4, 0],
      [4, 0],
    ]);
  }
});

it("what the queue says of a guest is the user's that the guest has become, whichever is heard of first", async () => {
  const rooms = [freshRoom("guest").name!, freshRoom("guest").name!];
  const [guest, user] = ["u_early_guest", "u_late_user"];
  const bring = (room: string): ArchiveMessage[] => {
    const mark = { target: 1, userId: guest, present: true };
    const written = [1, 2].map((seq): Told => ({ ...whole(room, seq), userId: guest }) as Told);
    const erased: Told = { ...whole(room, 2, 5, guest), userId: guest } as Told;
    return [
      batchOf(room, 1, 2, { messages: written }),
      batchOf(room, 3, 4, { reactions: [{ ...mark, emoji: "👍", seq: 3 }], pins: [{ ...mark, seq: 4 }] }),
      batchOf(room, 5, 5, { messages: [erased] }),
    ];
  };
  await deliverAll(bring(rooms[0]!));
  await env.DB.prepare("INSERT INTO member VALUES(?, ?, 'moderator', 1, 0, 1)").bind(rooms[0], guest).run();
  await moveMemberships(env.DB, guest, user);
  await deliverAll(bring(rooms[1]!));
  for (const room of rooms) {
    const rows = await archivedRows(room);
    expect(rows.map(({ user_id, deleted_by }) => [user_id, deleted_by])).toEqual([
      [user, null],
      [user, user],
    ]);
    const { reactions, pins } = await archivedMarks(room);
    expect([...reactions, ...pins].map(({ user_id, present }) => [user_id, present])).toEqual([
      [user, 1],
      [user, 1],
    ]);
    expect(await audited(room)).toEqual([]);
  }
});
