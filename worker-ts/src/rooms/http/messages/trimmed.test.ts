// Messages whose texts only the archive has, changed by HTTP: answers are whole, and what is newer than the archive holds against it.
import { afterAll, expect, it } from "vitest";
import { deliver, HeldQueue } from "../../../../../tests/worker/support/archive";
import { account, call, room } from "../../../../../tests/worker/support/http-client";
import { ring, roomOf, tune } from "../../../../../tests/worker/support/room-client";
import { STILL, trim } from "../../../../../tests/worker/support/trimming";

const held = new HeldQueue();
afterAll(() => held.release());

it("are edited, reacted to, pinned and erased as all others are", async () => {
  const owner = await account("Ann");
  const { token } = owner;
  const id = await room(owner);
  const stub = roomOf(id);
  await tune(stub, STILL);
  const ask = (method: string, path: string, body?: unknown) =>
    call(method, `/api/rooms/${id}/messages${path}`, { token, ...(body !== undefined && { body }) });
  for (const text of ["one", "two", "three", "four"]) await ask("POST", "", { text });
  const before = await ask("GET", "/1");
  await ring(stub);
  await deliver(held.take(stub));
  await trim(stub, 4, 1);

  expect((await ask("GET", "/1")).body).toEqual(before.body);
  const edited = await ask("PATCH", "/1", { text: "one, again" });
  const expected = { ...before.body, text: "one, again", editedAt: expect.any(Number) };
  expect([edited.status, edited.body]).toEqual([200, expected]);
  expect((await ask("PUT", "/1/reactions/%F0%9F%91%8D")).status).toBe(204);
  expect((await ask("PUT", "/1/pin")).status).toBe(204);
  const marked = { ...expected, pinned: true, reactions: [{ emoji: "👍", count: 1, mine: true }] };
  expect((await ask("GET", "/1")).body).toEqual(marked);
  expect((await ask("GET", "?pinned=1")).body.messages).toEqual([marked]);
  const react = await call("PUT", `/api/messages/${id}.1/react`, { token, body: { emoji: "👍" } });
  expect([react.status, react.body]).toEqual([200, expect.objectContaining(marked)]);

  expect((await ask("DELETE", "/2")).status).toBe(204);
  const erased = { text: "", deletedAt: expect.any(Number) };
  expect((await ask("GET", "/2")).body).toMatchObject(erased);
  await ring(stub);
  await deliver(held.take(stub));
  expect((await ask("GET", "/1")).body).toEqual(marked);
  expect((await ask("GET", "/2")).body).toMatchObject(erased);
});
