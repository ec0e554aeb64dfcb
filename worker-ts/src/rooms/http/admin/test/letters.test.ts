// OP10-OP14, OP32: dead letters and chores as an admin finds and mends them; each repair twice.
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { chore, deadLetter } from "../../../../../../tests/worker/api-samples";
import { ask, entries, fields } from "../../../../../../tests/worker/support/admin";
import { refusal } from "../../../../../../tests/worker/support/http-client";
import { REPLAYED_MAX } from "../letters";

let sent: unknown[];
beforeEach(() => {
  sent = [];
  const take = async (body: unknown) => {
    sent.push(body);
    return { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } };
  };
  for (const queue of [env.ARCHIVE_QUEUE, env.CHORES_QUEUE]) vi.spyOn(queue, "send").mockImplementation(take);
});
afterEach(() => vi.restoreAllMocks());

/** How often the audit tells this of this letter or chore. */
async function told(action: string, id: string): Promise<number> {
  const all = entries(await ask("GET", "audit?limit=100")) as { action: string; detail: Record<string, unknown> }[];
  return all.filter((one) => one.action === action && Object.values(one.detail).includes(id)).length;
}

describe("dead letters", () => {
  it("OP10 are found by queue, room and whether they wait; one is shown whole", async () => {
    const name = `room-${crypto.randomUUID().slice(0, 8)}`;
    const body = { room: name, messages: ["é".repeat(400)] };
    const [first, second] = [await deadLetter(body), await deadLetter(body)];
    const odd = [await deadLetter([1]), await deadLetter({ room: { id: 7 } }), await deadLetter("text")];
    await env.DB.prepare("UPDATE dead_letter SET queue = 'ferrule-workflow', body = ?2 WHERE id = ?1")
      .bind(second, JSON.stringify({ room: name, runId: "wrun_1" }))
      .run();
    const found = async (query: string) => fields(await ask("GET", `dead-letters?${query}`), "id");
    expect(await found(`room=${name}`)).toEqual([second, first]);
    expect(await found(`room=${name}&queue=ferrule-archive`)).toEqual([first]);
    expect((await found("limit=3")).sort()).toEqual([...odd].sort());
    await ask("POST", `dead-letters/${first}/replay`);
    expect(await found(`room=${name}&waiting=1`)).toEqual([second]);
    const whole = await ask("GET", `dead-letters/${first}`);
    expect(whole.body).toMatchObject({ id: first, room: name, runId: null, body: JSON.stringify(body) });
    expect((await ask("GET", `dead-letters/${second}`)).body).toMatchObject({ runId: "wrun_1" });
    expect(refusal(await ask("GET", "dead-letters/none"))).toEqual([404, "not_found"]);
    expect(refusal(await ask("GET", "dead-letters?queue=none"))).toEqual([400, "bad_request"]);
  });

  it("OP11 one that two put back at once is sent once; seen as it is now, it may be sent again", async () => {
    const id = await deadLetter({ n: 1 });
    const both = await Promise.all([1, 2].map(() => ask("POST", `dead-letters/${id}/replay?seen=0`)));
    expect(both.map(({ status }) => status)).toEqual([202, 202]);
    expect(sent).toEqual([{ n: 1 }]);
    const { replayedAt } = both[0]!.body as unknown as { replayedAt: number };
    expect(await told("replay_letter", id)).toBe(1);
    await ask("POST", `dead-letters/${id}/replay?seen=${replayedAt}`);
    await ask("POST", `dead-letters/${id}/replay?seen=${replayedAt}`);
    expect(sent).toHaveLength(2);
    expect(await told("replay_letter", id)).toBe(2);
  });

  it("OP12 all of a queue go back, each once, so many at a time", async () => {
    await env.DB.prepare("DELETE FROM dead_letter").run();
    const add = env.DB.prepare(
      "INSERT INTO dead_letter(id, queue, body, error, at) VALUES(?1, ?2, json_object('n', ?3), 'broken', 1)",
    );
    const letters = Array.from({ length: REPLAYED_MAX + 1 }, (_, n) => add.bind(`all-${n}`, "ferrule-archive", n));
    await env.DB.batch([...letters, add.bind("other", "ferrule-workflow", 0)]);
    const all = () => ask("POST", "queues/ferrule-archive/replay");
    expect((await all()).body).toEqual({ replayed: REPLAYED_MAX, left: true });
    expect((await all()).body).toEqual({ replayed: 1, left: false });
    expect((await all()).body).toEqual({ replayed: 0, left: false });
    expect(sent).toEqual(letters.map((_, n) => ({ n })));
    expect((await ask("GET", "now")).body).toMatchObject({
      deadLetters: [
        { queue: "ferrule-archive", total: REPLAYED_MAX + 1, waiting: 0 },
        { queue: "ferrule-workflow", total: 1, waiting: 1 },
      ],
    });
  });

  it("OP32 are counted without a look at their bodies, and found by index: those that wait, those of a room", async () => {
    await env.DB.prepare("DELETE FROM dead_letter").run();
    await deadLetter({ body: "x".repeat(100_000) });
    const prepare = vi.spyOn(env.DB, "prepare");
    expect((await ask("GET", "now")).body).toMatchObject({
      deadLetters: [{ queue: "ferrule-archive", total: 1, waiting: 1 }],
    });
    expect(entries(await ask("GET", "dead-letters?waiting=1"))).toHaveLength(1);
    expect(entries(await ask("GET", "dead-letters?waiting=0&room=lobby"))).toHaveLength(0);
    const asked = prepare.mock.calls.map(([sql]) => sql).filter((sql) => sql.includes("FROM dead_letter"));
    prepare.mockRestore();
    // a plan is made before it is known what is bound
    const nothing = (sql: string) => [...new Set(sql.match(/\?\d/g))].map(() => null);
    const plans = await Promise.all(
      asked.map((sql) =>
        env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`)
          .bind(...nothing(sql))
          .all(),
      ),
    );
    const looks = plans.map(({ results }) => results.map((step) => String(step["detail"])).join("; "));
    expect(looks).toEqual([
      expect.stringContaining("SCAN dead_letter USING COVERING INDEX dead_letter_waiting"),
      expect.stringMatching(/SEARCH dead_letter USING (?:COVERING )?INDEX dead_letter_waiting \(replayed_at=\?\)/),
      expect.stringMatching(/SEARCH dead_letter USING (?:COVERING )?INDEX dead_letter_room/),
    ]);
  });

  it("OP13 one is thrown away once, and the audit keeps that", async () => {
    const id = await deadLetter({ room: "lobby" });
    const both = await Promise.all([1, 2].map(() => ask("DELETE", `dead-letters/${id}`)));
    expect(both.map(({ status }) => status).sort()).toEqual([204, 404]);
    expect(await told("discard_letter", id)).toBe(1);
    expect(fields(await ask("GET", "audit?room=lobby&limit=1"), "action")).toEqual(["discard_letter"]);
    expect(sent).toEqual([]);
  });
});

describe("chores", () => {
  it("OP14 are listed and begun again; pressed twice one is begun once", async () => {
    const id = await chore();
    const listed = entries(await ask("GET", "chores?limit=100")).find((one) => one["id"] === id);
    expect(listed).toMatchObject({ kind: "erase-user", at: 1, body: { after: "", missed: "" } });
    expect((await ask("GET", "now")).body).toMatchObject({ chores: { oldestAt: 1 } });
    const begin = () => ask("POST", `chores/${encodeURIComponent(id)}/begin`);
    const both = await Promise.all([begin(), begin()]);
    expect(both.map(({ body }) => (body as unknown as { begun: boolean }).begun).sort()).toEqual([false, true]);
    expect(sent).toEqual([{ chore: id }]);
    expect(await told("begin_chore", id)).toBe(1);
    expect(refusal(await ask("POST", "chores/none/begin"))).toEqual([404, "not_found"]);
  });
});
