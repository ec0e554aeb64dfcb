// Looking at a kernel: what is fetched when, what a failure leaves standing.
import { beforeEach, expect, test } from "vitest";
import { ApiError } from "../../api/call";
import { graphOf, object, step, vat } from "../model/made";
import { KernelRefusal } from "./door";
import type { Graph, Status, Step } from "./shapes";
import { BUSY_MS, IDLE_MS, type State, Watch } from "./watch";

const statusOf = (crank: number, queue = 0): Status => ({
  subclusters: [],
  vats: [],
  kernel: { crank, queue, activityHash: "", store: "memory", paused: false, incidents: [] },
});

let crank = 0;
let graphs = 0;
let asked: number[] = [];
let fails: Error | undefined;
let steps: readonly Step[] = [];
let objects: Graph["objects"] = [];
let state: State | undefined;
let due: { ms: number; f: () => void } | undefined;
let watch: Watch;

beforeEach(() => {
  [crank, graphs, asked, fails, steps, objects, state, due] = [1, 0, [], undefined, [], [], undefined, undefined];
  const door = {
    look: async (after: number) => {
      asked.push(after);
      if (fails !== undefined) throw fails;
      return [statusOf(crank), steps.filter((one) => one.crank > after)] as const;
    },
    graph: async () => {
      graphs += 1;
      return graphOf({ crank, vats: [vat("v1")], objects });
    },
  };
  const after = (ms: number, f: () => void) => {
    due = { ms, f };
    return () => {
      due = undefined;
    };
  };
  watch = new Watch(door, { after }, (told) => {
    state = told;
  });
});

test("the graph is fetched when a crank has happened, and looks slow down when none has", async () => {
  await watch.look();
  expect([graphs, due?.ms]).toEqual([1, BUSY_MS]);
  await watch.look();
  expect([graphs, due?.ms]).toEqual([1, IDLE_MS]);
  crank = 2;
  steps = [step(2)];
  await watch.look();
  expect([graphs, due?.ms, state?.seen?.graph.crank, state?.seen?.before]).toEqual([2, BUSY_MS, 2, 0]);
  await watch.look();
  expect(asked).toEqual([0, 0, 0, 2]);
});

test("nothing moves from look to look", async () => {
  objects = [object("ko1", "v1"), object("ko2", "v1")];
  await watch.look();
  const before = state?.seen?.layout.dots.get("ko2");
  [crank, objects] = [2, [object("ko2", "v1")]];
  await watch.look();
  expect(state?.seen?.layout.dots.get("ko2")).toEqual(before);
});

test("a failure is told, leaves the picture, and is tried again", async () => {
  await watch.look();
  fails = new KernelRefusal("STORE_FAILED", "no store");
  await watch.look();
  expect(state).toMatchObject({ failure: "STORE_FAILED: no store", seen: { graph: { crank: 1 } } });
  fails = undefined;
  due?.f();
  await watch.look();
  expect(state?.failure).toBeUndefined();
});

test("whoever may not look is told so and not asked for again", async () => {
  fails = new ApiError(401, "unauthorized", "sign in");
  await watch.look();
  expect([state?.refused, due]).toEqual(["nobody", undefined]);
  fails = new ApiError(403, "forbidden", "no");
  await watch.look();
  expect(state?.refused).toBe("no admin");
});

test("a kernel that begins again is drawn anew", async () => {
  [crank, steps] = [9, [step(9)]];
  await watch.look();
  [crank, steps] = [3, []];
  await watch.look();
  expect(state?.seen?.graph.crank).toBe(3);
  expect(state?.seen?.steps).toEqual([]);
});

test("looks never overlap, and none comes after the end", async () => {
  await Promise.all([watch.look(), watch.look()]);
  expect(asked.length).toBe(2);
  watch[Symbol.dispose]();
  await watch.look();
  expect([asked.length, due]).toEqual([2, undefined]);
});
