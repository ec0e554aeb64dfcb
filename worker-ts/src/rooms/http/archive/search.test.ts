// What a search by HTTP finds, and how it is shown; nothing in a question is an operator. Messages are put into the archive by hand;
// archive.test.ts has them come from rooms.
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { account, call, guest, join, room } from "../../../../../tests/worker/support/http-client";
import { archive, ask, find, type Hit, inRoom, seqs } from "../../../../../tests/worker/support/search";
import { isWellFormed } from "../../../platform";
import { SNIPPET_CHARS_MAX } from "../../archive/read/snippet";

describe("R56 what is found", () => {
  it("has every word, whatever their case and accents, the last one also as a beginning; the newest first", async () => {
    const ann = await account("Ann");
    const id = await room(ann);
    await archive(id, ann.id, [
      "The quick brown fox",
      "Quick! said the Fox-Terrier",
      "ein Überfluß an Käse",
      "foo-bar.baz at https://example.com/a_b?c=d",
      "日本語 のテキスト",
      "a quick word",
    ]);
    const found = async (q: string) => seqs(await find(inRoom(id), q, ann));
    const expected: Record<string, number[]> = {
      quick: [6, 2, 1],
      "QUICK fox": [2, 1],
      "fox quick": [2, 1],
      "quick f": [],
      "quick fo": [2, 1],
      qui: [6, 2, 1],
      "qui fox": [],
      uberfluß: [3],
      kase: [3],
      kÄs: [3],
      "foo-bar": [4],
      "bar-foo": [],
      "foo bar": [4],
      "example.com": [4],
      "https://example.com/a_b?c=d": [4],
      日本: [5],
      missing: [],
      a: [6, 4],
    };
    for (const [q, expectedSeqs] of Object.entries(expected)) expect([q, await found(q)]).toEqual([q, expectedSeqs]);
  });

  it("is the same whoever asks in whatever spelling: no quote, operator or control character means anything", async () => {
    const ann = await account("Ann");
    const id = await room(ann);
    await archive(id, ann.id, ["plain words", "AND OR NOT NEAR room text", 'say "plain" words']);
    const found = async (q: string) => seqs(await find(inRoom(id), q, ann));
    const expected: Record<string, number[]> = {
      '"': [],
      '""""': [],
      '"plain': [3, 1],
      '"plain words"': [3, 1],
      'plain" OR "NOT': [],
      "plain OR missing": [],
      "plain NOT words": [],
      "plain AND words": [],
      "AND OR NOT": [2],
      "NEAR(room text)": [2],
      "NEAR(room text, 1)": [],
      "text : plain": [],
      "-plain": [3, 1],
      "^plain": [3, 1],
      "{text} : plain": [],
      "pla*": [],
      "(plain": [3, 1],
      "plain)": [3, 1],
      "'; DROP TABLE message; --": [],
      "plain \u0000 words": [3, 1],
      "plain\u0000words": [3, 1],
      "👍": [],
      "👍 plain": [3, 1],
      "plain 👍": [3, 1],
      "\u200b plain": [3, 1],
      "%": [],
      pl_in: [],
      "\\": [],
      " ": [],
      ø: [],
    };
    for (const [q, expectedSeqs] of Object.entries(expected)) expect([q, await found(q)]).toEqual([q, expectedSeqs]);
  });

  it("law: of plain letters it is what a look at every message finds; any other question answers, too", async () => {
    const ann = await account("Ann");
    const id = await room(ann);
    const words = (text: string) => text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
    const part = fc.string({ unit: fc.constantFrom(..."abAB1 -.\"'*():"), minLength: 1, maxLength: 8 });
    const texts = fc.sample(fc.array(part, { minLength: 1, maxLength: 4 }), { numRuns: 120, seed: 7 });
    await archive(
      id,
      ann.id,
      texts.map((parts) => `x ${parts.join(" ")}`),
    );
    const holds = (text: string, asked: string): boolean => {
      const there = words(text);
      const phrases = asked
        .split(/\s+/)
        .map(words)
        .filter(({ length }) => length > 0);
      const last =
        asked
          .split(/\s+/)
          .filter((word) => words(word).length > 0)
          .at(-1) ?? "";
      const open = /[a-z0-9]{2}$/i.test(last);
      return (
        phrases.length > 0 &&
        phrases.every((phrase, n) =>
          there.some((_, at) =>
            phrase.every((word, k) =>
              open && n === phrases.length - 1 && k === phrase.length - 1
                ? there[at + k]?.startsWith(word)
                : there[at + k] === word,
            ),
          ),
        )
      );
    };
    const question = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(" "));
    await fc.assert(
      fc.asyncProperty(question, async (q) => {
        const expected = texts.flatMap((parts, at) => (holds(`x ${parts.join(" ")}`, q) ? [at + 1] : [])).reverse();
        const found: number[] = [];
        for (let before: string | null = ""; before !== null; ) {
          const page = await find(inRoom(id), q, ann, { limit: "50", ...(before !== "" && { before }) });
          found.push(...seqs(page));
          before = page.next === null ? null : String(page.next);
        }
        expect(found).toEqual(expected);
      }),
      { numRuns: 60 },
    );
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary", minLength: 1, maxLength: 40 }), async (q) => {
        const { status } = await ask(inRoom(id), q, ann);
        expect([200, 400]).toContain(status);
      }),
      { numRuns: 60 },
    );
  });

  it("is a message with all that belongs to it, and the piece of its text that was hit", async () => {
    const [ann, bob] = [await account("Ann"), await guest()];
    const id = await room(ann);
    await join(bob, id);
    await archive(id, bob.id, ["one two three", "four \u0002five\u0003 six"]);
    const add = (sql: string, ...values: unknown[]) => env.DB.prepare(sql).bind(id, ...values);
    const reaction = "INSERT INTO reaction VALUES(?, 1, ?, ?, ?, ?)";
    await env.DB.batch([
      add(reaction, "👍", ann.id, 5, 1),
      add(reaction, "🎉", bob.id, 4, 1),
      add(reaction, "👍", bob.id, 6, 1),
      add(reaction, "👎", bob.id, 7, 0),
      add("INSERT INTO pin VALUES(?, 1, ?, 8, 1)", ann.id),
      add("INSERT INTO pin VALUES(?, 2, ?, 9, 0)", ann.id),
      add(
        "INSERT INTO file(room_id, id, user_id, seq, name, mime, size, width, height, created_at) VALUES(?, 'AAAAAAAAAAAAAAAAAAAAAA', ?, 1, 'f.txt', 'text/plain', 3, 0, 0, 1)",
        bob.id,
      ),
    ]);
    const [hit] = (await find(inRoom(id), "two", ann)).hits;
    expect(hit).toEqual({
      message: {
        ...{ id: `${id}.1`, roomId: id, seq: 1, clientId: "0199a0b0-c0d0-7e0f-8011-223344556677" },
        ...{ author: { id: bob.id, name: bob.name, guest: true }, text: "one two three", ts: 1_001, replyTo: null },
        files: [{ id: "AAAAAAAAAAAAAAAAAAAAAA", name: "f.txt", mime: "text/plain", size: 3, width: 0, height: 0 }],
        ...{ editedAt: null, deletedAt: null, pinned: true },
        reactions: [
          { emoji: "🎉", count: 1, mine: false },
          { emoji: "👍", count: 2, mine: true },
        ],
      },
      snippet: [
        ["one ", false],
        ["two", true],
        [" three", false],
      ],
    });
    const page = await call("GET", `${inRoom(id)}?q=five`);
    const [other] = (page.body as unknown as { hits: readonly Hit[] }).hits;
    expect(other?.message).toMatchObject({ pinned: false, files: [], reactions: [] });
    expect(other?.snippet).toEqual([
      ["four \u0002", false],
      ["five", true],
      ["\u0003 six", false],
    ]);
    await env.DB.prepare("DELETE FROM user WHERE id = ?").bind(bob.id).run();
    expect((await find(inRoom(id), "two", ann)).hits[0]?.message.author).toEqual({
      ...{ id: bob.id, name: "Deleted user", guest: false },
    });
  });

  it("is shown by a piece of bounded length, however long words are", async () => {
    const ann = await account("Ann");
    const id = await room(ann);
    const long = "💡".repeat(4_000);
    await archive(id, ann.id, [
      "y".repeat(16_000),
      `${"lead ".repeat(3_000)}needle${" trail".repeat(100)}`,
      `${long} needle ${long}`,
      `${"z".repeat(9_000)} needle`,
    ]);
    for (const q of ["yyy", "needle"]) {
      const { hits } = await find(inRoom(id), q, ann);
      expect(hits).toHaveLength(q === "yyy" ? 1 : 3);
      for (const { snippet } of hits) {
        const text = snippet.map(([part]) => part).join("");
        expect([...text].length).toBeLessThanOrEqual(SNIPPET_CHARS_MAX);
        expect(isWellFormed(text)).toBe(true);
        expect(snippet.some(([part, hit]) => hit && part.toLowerCase().startsWith(q))).toBe(true);
      }
    }
  });
});
