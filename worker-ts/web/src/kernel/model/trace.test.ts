// Following messages through the trace.
import { expect, test } from "vitest";
import { step } from "./made";
import {
  beside,
  deliveredIn,
  extend,
  flightsOf,
  lastOf,
  resolvedIn,
  STEPS_MAX,
  sayStep,
  sentIn,
  shown,
  waysOf,
} from "./trace";

const send = (message: number, target: string, result: string | null = null) => ({
  message,
  target,
  method: "greet",
  result,
});

/** Outside asks ko1 of v1, which asks ko2 of v2; the answers go back. */
const STEPS = [
  step(1, { kind: "command", target: "send", message: null, sends: [send(1, "ko1", "kp1")] }),
  step(2, { message: 1, vat: "v1", target: "ko1", method: "ask", result: "kp1", sends: [send(2, "ko2", "kp2")] }),
  step(3, {
    message: 2,
    vat: "v2",
    target: "ko2",
    method: "greet",
    result: "kp2",
    resolves: [{ promise: "kp2", rejected: false, body: "#1", slots: [] }],
  }),
  step(4, {
    kind: "notify",
    vat: "v1",
    target: "kp2",
    resolves: [{ promise: "kp1", rejected: false, body: "#1", slots: [] }],
  }),
];

test("a message leads back to the crank that sent it and on to the one that delivered it", () => {
  expect(sentIn(STEPS, 1)?.crank).toBe(1);
  expect(sentIn(STEPS, 2)?.crank).toBe(2);
  expect(deliveredIn(STEPS, 2)?.crank).toBe(3);
  expect(deliveredIn(STEPS, 9)).toBeUndefined();
  expect(resolvedIn(STEPS, "kp1")?.crank).toBe(4);
});

test("a message that was delivered twice, because a heap was lost, leads to the second time", () => {
  const again = [...STEPS, step(5, { message: 2, vat: "v2", target: "ko2" })];
  expect(deliveredIn(again, 2)?.crank).toBe(5);
});

test("previous and next walk through what is shown", () => {
  const messages = shown(STEPS, "messages");
  expect(messages.map(({ crank }) => crank)).toEqual([2, 3]);
  expect(beside(messages, 2, 1)?.crank).toBe(3);
  expect(beside(messages, 4, -1)?.crank).toBe(3);
  expect(beside(messages, 3, 1)).toBeUndefined();
  expect(beside(STEPS, 1, -1)).toBeUndefined();
});

test("what has to do with an object, a promise or a vat, newest first", () => {
  const cranks = (id: string) => lastOf(STEPS, id).map(({ crank }) => crank);
  expect(cranks("ko2")).toEqual([3, 2]);
  expect(cranks("kp2")).toEqual([4, 3, 2]);
  expect(cranks("v1")).toEqual([4, 2]);
  expect(cranks("ko22")).toEqual([]);
});

test("what came twice is kept once, and the oldest go", () => {
  expect(extend(STEPS, STEPS)).toBe(STEPS);
  expect(extend(STEPS.slice(0, 3), STEPS)).toEqual(STEPS);
  const many = Array.from({ length: STEPS_MAX + 3 }, (_, at) => step(at + 1));
  const kept = extend([], many);
  expect([kept.length, kept[0]?.crank]).toEqual([STEPS_MAX, 4]);
});

test("messages fly from whoever sent them; from outside when no vat did", () => {
  expect(flightsOf(STEPS, 0, "outside").map(({ from, to, crank }) => `${crank} ${from} ${to}`)).toEqual([
    "2 outside ko1",
    "3 v1 ko2",
  ]);
  expect(flightsOf(STEPS, 2, "outside").map(({ crank }) => crank)).toEqual([3]);
});

test("every kind of step has words", () => {
  const kinds = ["message", "notify", "start", "gc", "reap", "command", "cleanup"] as const;
  for (const kind of kinds) expect(sayStep(step(1, { kind, vat: "v1" })), kind).toMatch(/\w/u);
  expect(STEPS.map(sayStep)[1]).toBe("ko1.ask()");
});

test("a step shows what came and what it sent", () => {
  expect(waysOf(STEPS, STEPS[1]!, "outside").map(({ from, to, sent }) => [from, to, sent])).toEqual([
    ["outside", "ko1", false],
    ["v1", "ko2", true],
  ]);
  expect(waysOf(STEPS, STEPS[0]!, "outside").map(({ from, to }) => [from, to])).toEqual([["outside", "ko1"]]);
  expect(waysOf(STEPS, STEPS[3]!, "outside")).toEqual([]);
});
