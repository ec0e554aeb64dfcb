// What is true of the room and of the user in it, whatever is replayed.
import { SYSTEM_EVENT, type WelcomeBody } from "@ferrule/core";
import { expect, test } from "vitest";
import { Facts } from "./facts";

const welcome = (rest: Partial<WelcomeBody> = {}): WelcomeBody => ({
  outcome: 1,
  epoch: new Uint8Array(8),
  headSeq: 9,
  oldestSeq: 1,
  startSeq: 4,
  selfRef: 7,
  conn: 3,
  role: 1,
  expiresAt: 0,
  features: 0,
  windowSoft: 262_144,
  windowHard: 1_048_576,
  slowModeMs: 500,
  roomId: "r",
  title: "Now",
  ...rest,
});
const system = (seq: number, event: number, text: string) => ({ seq, ts: seq, event, sender: 0, subject: 0, text });

test("an entry that is replayed says what was, and does not change what is", () => {
  const facts = new Facts();
  facts.handleWelcome(welcome());
  facts.handleSystem(system(5, SYSTEM_EVENT.TITLE, "Then"));
  facts.handleSystem(system(9, SYSTEM_EVENT.SLOW_MODE, "0"));
  expect([facts.title, facts.slowModeMs, facts.selfRef]).toEqual(["Now", 500, 7]);
  facts.handleSystem(system(10, SYSTEM_EVENT.TITLE, "Next"));
  facts.handleSystem(system(11, SYSTEM_EVENT.SLOW_MODE, "2000"));
  expect([facts.title, facts.slowModeMs]).toEqual(["Next", 2_000]);
  facts.handleSystem(system(12, SYSTEM_EVENT.SLOW_MODE, "no number"));
  expect(facts.slowModeMs).toBe(0);
});

test("the first role is no change, the same one again is none", () => {
  const facts = new Facts();
  expect([1, 1, 2, 2, 3].map((role) => facts.handleRole(role))).toEqual([false, false, true, false, true]);
  expect(facts.role).toBe("owner");
});
