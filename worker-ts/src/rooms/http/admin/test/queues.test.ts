// The queues by the admin's routes: what waits, what is put in by hand, dead letters and their way back.
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { deadLetter } from "../../../../../../tests/worker/api-samples";
import { ask, entries, fields } from "../../../../../../tests/worker/support/admin";
import { refusal } from "../../../../../../tests/worker/support/http-client";

describe("queues", () => {
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

  it("tell what waits; one that does not tell is shown all the same", async () => {
    const since = 1_700_000_000_000;
    const one = async () => ({ backlogCount: 2, backlogBytes: 30, oldestMessageTimestamp: new Date(since) });
    const broken = async () => Promise.reject(new Error("no figures"));
    vi.spyOn(console, "error").mockImplementation(() => {});
    const vars = { ARCHIVE_QUEUE: { metrics: one }, ARCHIVE_DEAD_QUEUE: { metrics: broken } };
    const [archive, dead, chores] = entries(await ask("GET", "queues", { vars }));
    expect(archive).toEqual({ name: "ferrule-archive", messages: 2, bytes: 30, oldestAt: since });
    expect(dead).toEqual({ name: "ferrule-archive-dead", messages: null, bytes: null, oldestAt: null });
    expect(chores).toMatchObject({ name: "ferrule-chores", oldestAt: null });
  });

  it("take what is put in by hand, any JSON, up to what a queue takes", async () => {
    for (const body of [{ v: 1, list: ["é"] }, [], "text", 7, null]) {
      const answer = await ask("POST", "queues/ferrule-archive", { body: JSON.stringify(body) });
      expect([body, answer.status]).toEqual([body, 202]);
    }
    expect(sent).toEqual([{ v: 1, list: ["é"] }, [], "text", 7, null]);
    const ofBytes = (count: number) => ({ body: JSON.stringify("x".repeat(count - 2)) });
    expect((await ask("POST", "queues/ferrule-chores", ofBytes(128_000))).body).toMatchObject({ bytes: 128_000 });
    expect(refusal(await ask("POST", "queues/ferrule-chores", ofBytes(128_001)))).toEqual([413, "too_large"]);
    expect(refusal(await ask("POST", "queues/ferrule-chores", { body: "{" }))).toEqual([400, "bad_request"]);
    expect(refusal(await ask("POST", "queues/no-such-queue", { body: {} }))).toEqual([404, "not_found"]);
    expect(refusal(await ask("POST", "queues/constructor", { body: {} }))).toEqual([404, "not_found"]);
  });

  it("get a dead letter again, and the letter says when", async () => {
    const id = await deadLetter({ v: 1, text: "é".repeat(300) });
    const letters = await ask("GET", "dead-letters?limit=1");
    expect(entries(letters)).toEqual([
      {
        id,
        queue: "ferrule-archive",
        bytes: 617,
        preview: `{"v":1,"text":"${"é".repeat(185)}`,
        error: "broken",
        at: 1,
        replayedAt: null,
        room: null,
        runId: null,
      },
    ]);
    const answer = await ask("POST", `dead-letters/${id}/replay`);
    expect([answer.status, answer.body]).toEqual([
      202,
      expect.objectContaining({ id, replayedAt: expect.any(Number) }),
    ]);
    expect(sent).toEqual([{ v: 1, text: "é".repeat(300) }]);
    expect((await ask("POST", `dead-letters/${id}/replay`)).status).toBe(202);
    expect(refusal(await ask("POST", "dead-letters/none/replay"))).toEqual([404, "not_found"]);
  });

  it("keep a letter as it is when the queue does not take it, or is none of ours", async () => {
    const id = await deadLetter();
    vi.spyOn(console, "error").mockImplementation(() => {});
    vi.spyOn(env.ARCHIVE_QUEUE, "send").mockRejectedValue(new Error("full"));
    expect(refusal(await ask("POST", `dead-letters/${id}/replay`))).toEqual([500, "internal"]);
    const [letter] = entries(await ask("GET", "dead-letters?limit=1"));
    expect(letter).toMatchObject({ id, replayedAt: null });
    await env.DB.prepare("UPDATE dead_letter SET queue = 'older' WHERE id = ?1").bind(id).run();
    expect(refusal(await ask("POST", `dead-letters/${id}/replay`))).toEqual([400, "bad_request"]);
  });

  it("have their letters listed page by page, the newest first", async () => {
    const ids = [await deadLetter(), await deadLetter(), await deadLetter()].reverse();
    const first = await ask("GET", "dead-letters?limit=2");
    expect(fields(first, "id")).toEqual(ids.slice(0, 2));
    const second = await ask("GET", `dead-letters?limit=1&cursor=${first.body.next}`);
    expect(fields(second, "id")).toEqual(ids.slice(2));
  });
});
