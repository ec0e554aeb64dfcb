// The keys of messages on their way, on the real local D1.
import { describe, expect, it } from "vitest";
import { d1Subject } from "../../../../../tests/worker/workflow/contract/d1.ts";
import { fresh, refusal } from "../../../../../tests/worker/workflow/contract/kit.ts";
import { CLAIM_PENDING_MS, ID_BYTES_MAX } from "../../limits";
import { makeIdempotency } from "../idempotency";

const subject = d1Subject();
const { clock } = subject;

describe("keys of messages", () => {
  const table = makeIdempotency(subject.ports());
  const claim = (key: string, messageId: string, held?: string) =>
    table.claim(key, messageId, { expiresAt: clock.now() + 60_000, ...(held && { held }) });

  it("WQ6 a key in flight swallows the second send and answers with the first message", async () => {
    const key = fresh("key");
    expect(await claim(key, "msg_1")).toMatchObject({ messageId: "msg_1", mine: true });
    expect(await claim(key, "msg_2")).toEqual({ messageId: "msg_1", mine: false, sent: false });
    await table.markSent(key, "msg_1");
    clock.advance(CLAIM_PENDING_MS);
    expect(await claim(key, "msg_3")).toEqual({ messageId: "msg_1", mine: false, sent: true });
  });

  it("WQ6 a settled key is free", async () => {
    const [one, two] = [fresh("key"), fresh("key")];
    const [first, second] = [fresh("msg"), fresh("msg")];
    await claim(one, first);
    await claim(two, second);
    await table.settle([first, "msg_nobody"]);
    await table.settle([]);
    expect(await claim(one, "msg_3")).toMatchObject({ mine: true });
    expect(await claim(two, "msg_4")).toMatchObject({ messageId: second, mine: false });
  });

  it("WQ6 a key that was perhaps never sent may be taken over after 5 s, one that has expired at once", async () => {
    const key = fresh("key");
    await claim(key, "msg_1");
    clock.advance(CLAIM_PENDING_MS - 1);
    expect((await claim(key, "msg_2")).mine).toBe(false);
    clock.advance(1);
    expect((await claim(key, "msg_2")).mine).toBe(true);
    // its former holder marks and settles nothing that is no longer its own
    await table.markSent(key, "msg_1");
    clock.advance(CLAIM_PENDING_MS);
    expect((await claim(key, "msg_3")).mine).toBe(true);
    await table.markSent(key, "msg_3");
    clock.advance(59_999);
    expect((await claim(key, "msg_4")).mine).toBe(false);
    clock.advance(1);
    expect((await claim(key, "msg_4")).mine).toBe(true);
  });

  it("WQ6 a message may send again under its own key while it is handled", async () => {
    const key = fresh("key");
    const [first, second] = [fresh("msg"), fresh("msg")];
    await claim(key, first);
    await table.markSent(key, first);
    expect((await claim(key, second, "msg_other")).mine).toBe(false);
    expect(await claim(key, second, first)).toMatchObject({ messageId: second, mine: true });
    await table.markSent(key, second);
    await table.settle([first]);
    expect((await claim(key, "msg_3")).messageId).toBe(second);
  });

  it("WQ6 of eight who claim a key at once one gets it", async () => {
    const key = fresh("key");
    const claims = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        makeIdempotency(subject.ports()).claim(key, `msg_${index}`, { expiresAt: clock.now() + 1000 }),
      ),
    );
    expect(claims.filter(({ mine }) => mine)).toHaveLength(1);
    expect(new Set(claims.map(({ messageId }) => messageId)).size).toBe(1);
  });

  it("WQ8 many keys are claimed in order, in few batches", async () => {
    const keys = Array.from({ length: 100 }, () => fresh("key"));
    await claim(keys[50]!, "msg_before");
    const expiresAt = clock.now() + 1000;
    const claims = await table.claimMany(keys.map((key, index) => ({ key, messageId: `msg_${index}`, expiresAt })));
    expect(claims.map(({ messageId }) => messageId)).toEqual(
      keys.map((_, index) => (index === 50 ? "msg_before" : `msg_${index}`)),
    );
    expect(await refusal(claim("k".repeat(2 * ID_BYTES_MAX + 1), "msg_1"))).toBe("WorkflowWorldError 400");
  });

  it("WQ6 keys of runs whose messages are gone are free, those of others and of starts are not", async () => {
    const run = fresh("run");
    const [own, other, start] = [`${run}|step`, `${run}x|step`, `start|${run}`];
    for (const key of [own, other, start]) {
      await claim(key, `msg_${key}`);
      await table.markSent(key, `msg_${key}`);
    }
    await table.forget([run]);
    expect((await claim(own, "msg_2")).mine).toBe(true);
    expect((await claim(other, "msg_3")).mine).toBe(false);
    expect((await claim(start, "msg_4")).mine).toBe(false);
  });

  it("WQ6 keys whose time is over are swept", async () => {
    const [gone, kept] = [fresh("key"), fresh("key")];
    await table.claim(gone, "msg_1", { expiresAt: clock.now() + 10 });
    await table.claim(kept, "msg_2", { expiresAt: clock.now() + 1_000_000 });
    expect(await table.sweep(clock.now() + 10)).toBeGreaterThan(0);
    expect(await table.sweep(clock.now() + 10)).toBe(0);
    expect((await claim(kept, "msg_3")).mine).toBe(false);
  });
});
