// Heaps by hand: what a rebuilt one is given, of rows and of what is in no row yet.
import { expect, test } from "vitest";
import { REPLAY_DELIVERIES_MAX, REPLAY_LENGTH_MAX } from "../../host/limits";
import type { HostPorts } from "../../host/ports";
import { makeMemoryDisk, makeMemoryKernelStore } from "../../store/memory";
import type { VatHeap } from "../heap";
import { Heaps } from "../heaps";
import { Recent } from "../recent";

const N = "0000000000000001";
const HASH = "00000000000000aa";
const outcome = (sets: string[][] = [], deletes: string[][] = []) =>
  JSON.stringify({ hash: HASH, syscalls: [], sets, deletes, stored: 0 });

const ports: HostPorts = {
  now: () => 0,
  nonce: () => "",
  token: () => "",
  digest: async () => "",
  later: () => () => {},
  wait: async (step) => step(),
  wake() {},
  log() {},
};

/** Heaps on these rows; what each heap is told stands in `told`. */
async function made(rows: [string, string][], answer: string) {
  const store = makeMemoryKernelStore({ disk: makeMemoryDisk(rows) });
  await store.open();
  const recent = new Recent();
  const told: unknown[][] = [];
  const incidents: string[] = [];
  const source = {
    open(): VatHeap {
      let seen = -1;
      return {
        async begin(pairs) {
          told.push(["begin", Object.fromEntries(pairs)]);
          seen = 0;
        },
        async replay(past) {
          const list = JSON.parse(past) as unknown[][];
          told.push(["replay", ...list.map(([delivery]) => delivery)]);
          seen += list.length;
          return { delivered: seen };
        },
        async deliver(seq) {
          if (seq !== seen + 1) return null;
          seen = seq;
          return answer;
        },
        end() {
          seen = -1;
        },
      };
    },
  };
  let incarnation = 1;
  const heaps = new Heaps({
    ...{ kernel: "test", store, source, ports, recent },
    describe: () => ({ incarnation, bundle: "x", imports: "held" }),
    landed: async () => {},
    incident: (text) => void incidents.push(text),
  });
  const start = (next: number) => {
    incarnation = next;
    return heaps.start({ vat: "v1", incarnation, bundle: "x", imports: "held" });
  };
  const deliver = (seq: number, name = `m${seq}`) =>
    heaps.deliver({ vat: "v1", seq, delivery: JSON.stringify([name]) });
  return { heaps, recent, told, incidents, start, deliver };
}

test("a rebuilt heap gets the rows of its transcript, then what is in no row yet", async () => {
  const rows: [string, string][] = [
    [`b/${N}/gone`, "=was"],
    [`b/${N}/new`, "-"],
    [`s/${N}/kept`, "1"],
    [`s/${N}/new`, "2"],
    [
      `t/${N}/0000000000000001`,
      JSON.stringify([
        [["m1"], HASH],
        [["m2"], HASH],
      ]),
    ],
  ];
  const { heaps, told, deliver, incidents } = await made(rows, outcome());
  expect(await deliver(3)).toBe(outcome());
  expect(await deliver(4)).toBe(outcome());
  heaps.stop("v1");
  expect(await deliver(5)).toBe(outcome());
  const begin = ["begin", { kept: "1", gone: "was" }];
  expect(told).toEqual([begin, ["replay", ["m1"], ["m2"]], begin, ["replay", ["m1"], ["m2"], ["m3"], ["m4"]]]);
  expect(incidents).toEqual([]);
});

test("an incarnation that begins before its past is durable begins with what that past changed", async () => {
  const rows: [string, string][] = [
    [`s/${N}/a`, "1"],
    [`s/${N}/b`, "1"],
  ];
  const { heaps, told, start, deliver, recent } = await made(
    rows,
    outcome(
      [
        ["a", "2"],
        ["c", "2"],
      ],
      [["b"]],
    ),
  );
  await start(1);
  await deliver(1);
  const mark = recent.mark();
  await start(2);
  await deliver(1);
  heaps.stop("v1");
  await deliver(2);
  const begin = ["begin", { a: "2", c: "2" }];
  expect(told).toEqual([["begin", {}], begin, begin, ["replay", ["m1"]]]);
  // what is durable is forgotten: the rows say it now
  recent.settle(mark);
  expect(recent.deliveriesOf("v1", 1)).toEqual([]);
  expect(recent.deliveriesOf("v1", 2)).toHaveLength(2);
});

test("a transcript that is not whole is no past: the vat is to be restarted", async () => {
  const { deliver, incidents } = await made([[`t/${N}/0000000000000001`, JSON.stringify([[["m1"], HASH]])]], outcome());
  expect(JSON.parse(await deliver(4))).toEqual({ lost: "REPLAY_DIVERGED", restart: true });
  expect(incidents).toEqual([expect.stringContaining("1 of 3 deliveries")]);
});

test("a long past is handed in piece by piece, none longer than a call may be unless it is one delivery", async () => {
  const letters = (count: number) => "x".repeat(count);
  const half = letters(REPLAY_LENGTH_MAX / 2 - 100);
  const whole = letters(REPLAY_LENGTH_MAX + 1);
  const small = Array.from({ length: REPLAY_DELIVERIES_MAX + 1 }, (_, at) => `s${at}`);
  const names = [half, half, half, whole, ...small];
  const row: [string, string] = [`t/${N}/0000000000000001`, JSON.stringify(names.map((name) => [[name], HASH]))];
  const { told, deliver, incidents } = await made([row], outcome());
  expect(await deliver(names.length + 1, "now")).toBe(outcome());
  const pieces = told.filter(([what]) => what === "replay").map(([, ...past]) => past as [string][]);
  expect(pieces.map((piece) => piece.length)).toEqual([2, 1, 1, REPLAY_DELIVERIES_MAX, 1]);
  expect(pieces.flat().map(([name]) => name)).toEqual(names);
  expect(incidents).toEqual([]);
});
