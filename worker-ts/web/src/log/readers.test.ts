// Where the marks of readers stand.
import { expect, it } from "vitest";
import type { Reader, ViewMessage } from "../../../src/client";
import { placeReaders } from "./readers";
import { layRows } from "./rows";

const message = (seq: number, more: Partial<ViewMessage> = {}): ViewMessage => ({
  seq,
  ts: 1,
  clientId: `id-${seq}`,
  sender: 1,
  author: { id: "ada", name: "Ada", guest: false },
  mine: false,
  text: "text",
  files: [],
  replyTo: null,
  editedAt: null,
  editSeq: null,
  reactions: [],
  deletedAt: null,
  status: "stored",
  ...more,
});
const reader = (name: string, seq: number): Reader => ({
  person: { ref: 1, id: name, name, guest: false, bot: false, gone: false },
  seq,
});
const placed = (rows: ReturnType<typeof layRows>, ...readers: Reader[]) =>
  Object.fromEntries([...placeReaders(rows, readers)].map(([key, list]) => [key, list.map((one) => one.person.id)]));

it("puts each reader under the last message read, several under one", () => {
  const rows = layRows({ messages: [message(1), message(2), message(5)] }, null);
  expect(placed(rows, reader("bob", 2), reader("cleo", 9), reader("dan", 4))).toEqual({
    "seq-2": ["bob", "dan"],
    "seq-5": ["cleo"],
  });
});

it("leaves out who has read nothing that is on the page, and who stands in a gap", () => {
  const rows = layRows({ messages: [message(3), message(9)], gaps: [{ from: 4, to: 8 }] }, null);
  expect(placed(rows, reader("bob", 2), reader("cleo", 6), reader("dan", 3))).toEqual({ "seq-3": ["dan"] });
});

it("never puts a reader under a message that is still under way", () => {
  const rows = layRows({ messages: [message(3), message(0, { status: "pending", mine: true })] }, null);
  expect(placed(rows, reader("bob", 3))).toEqual({ "seq-3": ["bob"] });
});
