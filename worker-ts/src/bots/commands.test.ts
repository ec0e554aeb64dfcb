// What a message starts, and under which keys; which refusals of an answer are worth another try.
import { expect, it } from "vitest";
import { type CommandPorts, handleMessage, type Message } from "./commands";

type Answer = Parameters<CommandPorts["answer"]>[0];
type Start = Parameters<CommandPorts["start"]>[0];

function world(more: Partial<CommandPorts> = {}) {
  const [answers, starts]: [Answer[], Start[]] = [[], []];
  const ports: CommandPorts = {
    answer: async (answer) => {
      answers.push(answer);
      return { ok: true };
    },
    start: async (start, before) => {
      const after = await before();
      starts.push(start);
      await after();
    },
    reserve: async () => async () => undefined,
    ...more,
  };
  const hear = (text: string) => {
    const message: Message = { room: "lobby", seq: 7, ts: 1000, author: { userId: "u1", name: "Ann" }, text };
    return handleMessage(ports, message);
  };
  return { answers, starts, hear };
}

it("WC1 each order is one workflow for whoever wrote it, under the key of the message", async () => {
  const { answers, starts, hear } = world();
  for (const text of ["/remind 1m tea", "/digest 3d", "/approve tea", "hello", "/usr/bin"]) await hear(text);
  const shared = { ownerId: "u1", key: "room|lobby.7" };
  expect(starts).toEqual([
    { name: "reminder", args: ["lobby", "tea", 61_000, { seq: 7 }], ...shared },
    { name: "roomDigest", args: ["lobby", 3, { seq: 7 }], ...shared },
    { name: "approval", args: ["lobby", "tea", { seq: 7 }], ...shared },
  ]);
  expect(answers).toEqual([]);
});

it("WC1 an answer goes to the message, under its key; fifty open runs are enough", async () => {
  const { answers, starts, hear } = world({ reserve: async () => null });
  await hear("/remind");
  await hear("/digest");
  expect(answers.map(({ key, replyTo, for: whom }) => [key, replyTo, whom])).toEqual([
    ["answer|lobby.7", 7, "u1"],
    ["answer|lobby.7", 7, "u1"],
  ]);
  expect(answers[1]!.text).toContain("50 things open");
  expect(starts).toEqual([]);
});

it("WC1 who has fifty open is refused nothing that stands already", async () => {
  // the run is there: nobody asks whether it may begin
  const { answers, hear } = world({ reserve: async () => null, start: async () => undefined });
  await hear("/digest");
  expect(answers).toEqual([]);
});

it("WC1 it throws where it should be told again, and where it should not it is silent", async () => {
  for (const code of ["rate_limited", "internal"])
    await expect(world({ answer: async () => ({ ok: false, code }) }).hear("/help")).rejects.toThrow(code);
  for (const code of ["forbidden", "banned", "room_closed", "not_found", "conflict"])
    await world({ answer: async () => ({ ok: false, code }) }).hear("/help");
  const failing = world({ start: () => Promise.reject(new Error("no queue")) });
  await expect(failing.hear("/digest")).rejects.toThrow("no queue");
});
