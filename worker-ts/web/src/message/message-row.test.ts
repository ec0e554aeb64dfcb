// A row of the log that cannot be drawn, wholly or only its words: it keeps its place, and the others are drawn.
import { h, render } from "preact";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { ShownMessage } from "../talk/underway";
import { FakeNode } from "../test/fake-document";
import type { MessageActions } from "./actions";
import { MessageRow } from "./message-row";

const reported = vi.fn();
beforeEach(() => {
  vi.stubGlobal("document", FakeNode);
  vi.stubGlobal("reportError", reported.mockReset());
});
afterEach(() => vi.unstubAllGlobals());

let seq = 0;
const message = (text: string, changed: object = {}): ShownMessage => ({
  clientId: `c${++seq}`,
  seq,
  sender: 1,
  editSeq: null,
  author: { id: "bot-approval", name: "Approval", guest: false },
  ts: 0,
  text,
  files: [],
  replyTo: null,
  editedAt: null,
  deletedAt: null,
  reactions: [],
  status: "stored",
  mine: false,
  ...changed,
});

async function draw(messages: readonly ShownMessage[]): Promise<string[]> {
  const box = new FakeNode("main");
  const rows = messages.map((one) =>
    h(MessageRow, {
      key: one.seq,
      id: `seq-${one.seq}`,
      room: "lobby",
      message: one,
      head: true,
      source: undefined,
      current: false,
      lit: false,
      pinned: false,
      readers: undefined,
      rights: { role: undefined, closed: false, editWindowMs: 0 },
      now: 0,
      actions: {} as MessageActions,
    }),
  );
  render(rows, box as unknown as Element);
  await new Promise((done) => setTimeout(done, 5));
  return box.childNodes.map(({ textContent }) => textContent);
}

it("a card with a time that is none is drawn as it was written", async () => {
  const [card] = await draw([message("🗳️ Ann asks for approval: 2026-13-01 10:00 UTC")]);
  expect(card).toContain("2026-13-01 10:00 UTC");
  expect(reported).not.toHaveBeenCalled();
});

it("words that cannot be drawn leave the message its author and what can be done with it", async () => {
  const [one, broken, three] = await draw([message("one"), message("", { text: 7 }), message("three")]);
  expect(one).toContain("one");
  expect(broken).toContain("Approval");
  expect(broken).toContain("This message cannot be shown.");
  expect(three).toContain("three");
  expect(reported).toHaveBeenCalledOnce();
});

it("a message that cannot be drawn at all takes its own row", async () => {
  const [one, broken, three] = await draw([message("one"), message("two", { ts: Number.NaN }), message("three")]);
  expect([one, three]).toEqual([expect.stringContaining("one"), expect.stringContaining("three")]);
  expect(broken).toBe("This message cannot be shown.");
});
