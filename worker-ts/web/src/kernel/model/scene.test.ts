// What a graph shows: who stands where, and which lines there are.
import { expect, test } from "vitest";
import { graphOf, object, promise, vat } from "./made";
import { NOBODY, OUTSIDE, sceneOf } from "./scene";

test("objects stand with their owners, roots first; what lost its vat stands with nobody", () => {
  const scene = sceneOf(
    graphOf({
      vats: [vat("v2"), vat("v1")],
      objects: [
        object("ko9", "v1"),
        object("ko10", "v1"),
        object("ko12", "v1", { root: true }),
        object("ko3", null),
        object("ko4", "v7"),
        object("ko5", "service:clock"),
      ],
    }),
  );
  expect(scene.boxes.map(({ id, members }) => [id, ...members])).toEqual([
    [OUTSIDE],
    ["service:clock", "ko5"],
    [NOBODY, "ko3", "ko4"],
    ["v1", "ko12", "ko9", "ko10"],
    ["v2"],
  ]);
});

test("lines lead from whoever holds something to what is held, never from its owner, never from who is not there", () => {
  const holder = (id: string, reachable = true) => ({ vat: id, vref: "o-1", reachable });
  const { lines } = sceneOf(
    graphOf({
      vats: [vat("v1"), vat("v2"), vat("v3")],
      objects: [
        object("ko1", "v1", {
          holders: [holder("v1"), holder("v2"), holder("v3", false), holder("v9")],
          external: true,
        }),
        object("ko2", "v1", { held: { messages: 0, promises: 0, urls: 1, calls: 0 } }),
      ],
      promises: [
        promise("kp1", { decider: "v1", subscribers: ["v2", "s1", "v1"], holders: [{ vat: "v3", vref: "p-1" }] }),
        promise("kp2", { decider: "kernel", subscribers: ["v2"], holders: [{ vat: "v2", vref: "p-2" }] }),
      ],
    }),
  );
  expect(lines.map(({ id, kind }) => `${id} ${kind}`)).toEqual([
    "v2>ko1 holds",
    "v3>ko1 recognises",
    "outside>ko1 holds",
    "outside>ko2 holds",
    "v2>kp1 awaits",
    "v3>kp1 awaits",
    "v1>kp1 decides",
    "v2>kp2 awaits",
  ]);
});

test("a vat's box says what is not as usual", () => {
  const { boxes } = sceneOf(graphOf({ vats: [vat("v1"), vat("v2", { state: "dying", incarnation: 3 })] }));
  expect(boxes.slice(1).map(({ note }) => note)).toEqual(["", "ending, incarnation 3"]);
});
