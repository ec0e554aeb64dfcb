// A vat's runtime by itself, in Node: messages in and out, and promises.
import "../cooperative";
import { E, Far } from "@endo/far";
import { describe, expect, test } from "vitest";
import * as waiter from "../../../../../vats/test/waiter";
import type { BuildRootObject } from "../runtime";
import { Driver } from "./drive";

const waiting = waiter.buildRootObject as BuildRootObject;
interface Other {
  ping(): unknown;
}

describe("messages", () => {
  test("K01 a message calls the method, and its result is resolved in the same outcome", async () => {
    const vat = await Driver.start(() => Far("root", { add: (a: number, b: number) => a + b }));
    const told = await vat.message("add", [2, 3], [], "p-1");
    expect(told.resolves).toEqual([{ vref: "p-1", rejected: false, body: "#5", slots: [] }]);
    expect(told.kinds).toEqual(["resolve"]);
  });

  test("K02 K03 an object that comes home is the object itself, and has one vref however often it is passed", async () => {
    const made = Far("made", { name: () => "made" });
    const vat = await Driver.start(() =>
      Far("root", { make: () => [made, made], same: (one: unknown, two: unknown) => one === made && two === made }),
    );
    expect((await vat.message("make")).resolves[0]).toMatchObject({
      body: '#["$0.Alleged: made","$0"]',
      slots: ["o+1"],
    });
    expect((await vat.message("same", ["$0", "$0"], ["o+1"])).resolves[0]?.body).toBe("#true");
    expect((await vat.message("make")).resolves[0]?.slots).toEqual(["o+1"]);
    expect((await vat.send("o+1", ["name", []])).resolves[0]?.body).toBe('#"made"');
  });

  test("K17 messages to the vat itself by E stay inside, in order", async () => {
    const told: string[] = [];
    const vat = await Driver.start(() => {
      const root: { say(text: string): void; both(): Promise<unknown> } = Far("root", {
        say: (text) => void told.push(text),
        both: () => Promise.all([E(root).say("one"), E(root).say("two")]),
      });
      return root;
    });
    expect((await vat.message("both")).kinds).toEqual(["resolve"]);
    expect(told).toEqual(["one", "two"]);
  });

  test("K19 a method that throws rejects; what it wrote stays", async () => {
    const vat = await Driver.start((_powers, _parameters, baggage) =>
      Far("root", {
        fail() {
          baggage.set("tried", true);
          throw RangeError("no further");
        },
      }),
    );
    const told = await vat.message("fail", [], [], "p-1");
    expect(told.resolves).toEqual([
      { vref: "p-1", rejected: true, body: '#{"#error":"no further","name":"RangeError"}', slots: [] },
    ]);
    expect(told.sets.map(([key]) => key)).toEqual(["b.tried"]);
  });

  test("a message without a result is not answered", async () => {
    const vat = await Driver.start(waiting);
    expect((await vat.message("throw", ["x"], [], null)).syscalls).toEqual([]);
  });

  test("far functions are called, and only what an object has itself is a method", async () => {
    const vat = await Driver.start(() => Far("root", { f: () => Far("add", (a: number, b: number) => a + b) }));
    expect((await vat.message("f")).resolves[0]?.slots).toEqual(["o+1"]);
    expect((await vat.send("o+1", ["#undefined", [1, 2]])).resolves[0]?.body).toBe("#3");
    const inherited = ["toString", "constructor", "hasOwnProperty", "__proto__", "__defineGetter__", "valueOf", "then"];
    for (const name of inherited) expect((await vat.message(name)).resolves[0], name).toMatchObject({ rejected: true });
    for (const name of ["call", "apply", "bind", "constructor"])
      expect((await vat.send("o+1", [name, []])).resolves[0], name).toMatchObject({ rejected: true });
    expect((await vat.message("__getMethodNames__")).resolves[0]?.body).toBe('#["__getMethodNames__","f"]');
  });

  test("what cannot be passed is refused in both directions, and leaves no names behind", async () => {
    let inside: unknown;
    const vat = await Driver.start(() =>
      Far("root", {
        answer: () => [Far("one", {}), Promise.resolve(1), new Map()],
        send: (other: Other) => (E(other).ping as (x: unknown) => unknown)([Promise.resolve(1), () => 1]),
        reason: () => Promise.reject(new Map()),
        ping: () => Far("two", {}),
        keep: (value: unknown) => {
          inside = value;
        },
      }),
    );
    const answered = await vat.message("answer");
    expect(answered.kinds).toEqual(["resolve"]);
    expect(answered.resolves[0]?.rejected).toBe(true);
    expect((await vat.message("send", ["$0"], ["o-1"])).kinds).toEqual(["resolve"]);
    expect((await vat.message("reason")).resolves[0]?.body).toContain("cannot be passed");
    expect((await vat.message("ping")).resolves[0]?.slots[0]).toMatch(/^o\+\d+$/);
    expect(inside).toBe(undefined);
  });

  test("a promise of a message that could not be sent is settled when it is sent after all", async () => {
    const promise = Promise.resolve("at last");
    const vat = await Driver.start(() => Far("root", { bad: () => [promise, new Map()], good: () => [promise] }));
    expect((await vat.message("bad")).resolves).toMatchObject([{ rejected: true }]);
    const { resolves } = await vat.message("good");
    expect(resolves.map(({ body }) => body)).toEqual(['#["&0"]', '#"at last"']);
  });
});

describe("promises", () => {
  test("K05 messages to unresolved results go out before any answer, to the results", async () => {
    const vat = await Driver.start(waiting);
    const told = await vat.message("chain", ["$0.Alleged: other"], ["o-1"], "p-1");
    expect(told.sends).toEqual([
      { target: "o-1", body: '#["first",[]]', slots: [], result: "p+1" },
      { target: "p+1", body: '#["first",[]]', slots: [], result: "p+2" },
      { target: "p+2", body: '#["second",["$0.Alleged: made"]]', slots: ["o+1"], result: "p+3" },
    ]);
    expect(told.kinds).toEqual(["send", "subscribe", "send", "subscribe", "send", "subscribe"]);
    expect((await vat.notify(["p+1", false, "$0", ["o-2"]], ["p+2", false, "$0", ["o-3"]])).resolves).toEqual([]);
    expect((await vat.notify(["p+3", false, "done"])).resolves).toMatchObject([{ vref: "p-1", body: '#"done"' }]);
  });

  test("the result of a message, passed on, is the same promise: nobody has to wait for it", async () => {
    const vat = await Driver.start(waiting);
    const told = await vat.message("pass", ["$0.Alleged: other"], ["o-1"]);
    expect(told.sends).toEqual([
      { target: "o-1", body: '#["first",[]]', slots: [], result: "p+1" },
      { target: "o-1", body: '#["second",["&0"]]', slots: ["p+1"], result: "p+2" },
    ]);
  });

  test("a message that nobody waits for has no result", async () => {
    const vat = await Driver.start(waiting);
    expect((await vat.message("tell", ["$0"], ["o-1"], null)).sends).toEqual([
      { target: "o-1", body: '#["ping",[]]', slots: [], result: null },
    ]);
  });

  test("K16 a message to a promise that became the vat's own object comes home, and nobody else tells its caller", async () => {
    const kept: Promise<unknown>[] = [];
    const vat = await Driver.start(() =>
      Far("root", {
        ask(other: { give(): { m(): string } }) {
          kept.push(E(E(other).give()).m());
          return kept[0];
        },
        give: () => [kept[0]],
        m: () => "mine",
      }),
    );
    const results = (await vat.message("ask", ["$0"], ["o-1"], "p-1")).sends.map(({ result }) => result);
    expect(results).toEqual(["p+1", "p+2"]);
    expect((await vat.message("give")).resolves[0]?.slots).toEqual(["p+2"]);
    const told = await vat.send("o+0", ["m", []], [], "p+2");
    expect(told.resolves.map(({ vref, body }) => [vref, body])).toEqual([
      ["p+2", '#"mine"'],
      ["p-1", '#"mine"'],
    ]);
    // the kernel knows the promise no more
    expect((await vat.message("give")).resolves[0]?.slots).toEqual(["p+3"]);
  });

  test("K08 every promise that arrives is subscribed to, once, named by the body or not", async () => {
    const vat = await Driver.start(waiting);
    expect((await vat.message("remember", ["k", 1], ["p-7", "p-8"])).syscalls.slice(0, 2)).toEqual([
      ["subscribe", "p-7"],
      ["subscribe", "p-8"],
    ]);
    expect((await vat.message("hoard", ["&0"], ["p-7"])).kinds).toEqual(["resolve"]);
  });

  test("K13 promises that resolve to each other are told at once, and none is subscribed to", async () => {
    const vat = await Driver.start(waiting);
    await vat.message("hoard", ["&0"], ["p-7"]);
    const told = await vat.notify(["p-7", false, { other: "&0" }, ["p-8"]], ["p-8", false, ["&0"], ["p-7"]]);
    expect(told.syscalls).toEqual([]);
    const itself = await vat.message("hoard", ["&0"], ["p-9"]);
    expect(itself.fault).toBe(undefined);
    expect((await vat.notify(["p-9", false, "&0", ["p-9"]])).fault).toBe(undefined);
  });

  test("K15 a promise that was told is passed under a new name", async () => {
    const held: Promise<unknown>[] = [];
    const vat = await Driver.start(() =>
      Far("root", {
        take: ([promise]: Promise<unknown>[]) => void held.push(promise!),
        give: () => [held[0]],
      }),
    );
    await vat.message("take", [["&0"]], ["p-1"]);
    expect((await vat.message("give")).resolves[0]?.slots).toEqual(["p-1"]);
    await vat.notify(["p-1", false, 5]);
    const given = await vat.message("give", [], [], "p-2");
    expect(given.resolves).toEqual([
      { vref: "p-2", rejected: false, body: '#["&0"]', slots: ["p+1"] },
      { vref: "p+1", rejected: false, body: "#5", slots: [] },
    ]);
    expect((await vat.message("give")).resolves[0]?.slots).toEqual(["p+2"]);
  });

  test("a promise of the vat's own is resolved once, when it settles", async () => {
    const vat = await Driver.start(waiting);
    expect((await vat.message("wait", [], [], "p-1")).resolves).toEqual([]);
    const told = await vat.message("wake", ["now"], [], "p-2");
    expect(told.resolves.map(({ vref, body }) => [vref, body])).toEqual([
      ["p-2", "#0"],
      ["p-1", '#"now"'],
    ]);
  });

  test("nothing is read from other vats' objects", async () => {
    const vat = await Driver.start(() => Far("root", { read: (other: { x: number }) => E.get(other).x }));
    expect((await vat.message("read", ["$0"], ["o-1"])).resolves[0]).toMatchObject({ rejected: true });
  });
});

describe("what a sender can put into a message", () => {
  const BAD: [name: string, methargs: string, slots: string[]][] = [
    ["no JSON", "#[", []],
    ["no array", "#5", []],
    ["an object", '#{"ping":1}', []],
    ["no arguments", '#["ping"]', []],
    ["arguments that are none", '#["ping",5]', []],
    ["a method that is no name", "#[[1],[]]", []],
    ["a slot that is not there", '#["ping",["$0"]]', []],
    ["a slot far out", '#["ping",["$99999999999999999999"]]', ["o-1"]],
    ["a slot that is no number", '#["ping",["$x"]]', ["o-1"]],
    ["an object where a promise is named", '#["ping",["&0"]]', ["o-1"]],
    ["a promise where an object is named", '#["ping",["$0"]]', ["p-1"]],
    ["an error without a name", '#["ping",[{"#error":"x"}]]', []],
    ["an unknown record", '#["ping",[{"#what":"x"}]]', []],
    ["very deep", `#["ping",[${"[".repeat(100_000)}${"]".repeat(100_000)}]]`, []],
    ["old CapData with a forged class", '["ping",[{"@qclass":"slot","index":3}]]', ["o-1"]],
  ];
  test.each(BAD)("V10 %s rejects the message, and the receiver lives", async (_, body, slots) => {
    const vat = await Driver.start(waiting);
    const told = await vat.deliver(["message", "o+0", { methargs: { body, slots }, result: "p-90" }]);
    expect(told.fault).toBe(undefined);
    expect(told.resolves).toMatchObject([{ vref: "p-90", rejected: true }]);
    expect((await vat.message("ping")).resolves[0]?.body).toBe('#"pong"');
  });

  test("V10 answers that cannot be read reject what waits for them", async () => {
    const vat = await Driver.start(waiting);
    await vat.message("ask", ["$0", "why"], ["o-1"], "p-1");
    const told = await vat.deliver(["notify", [["p+1", false, { body: "#[", slots: [] }]]]);
    expect(told.resolves).toMatchObject([{ vref: "p-1", rejected: true }]);
  });

  test("V10 an interface that is none does not stand in the way", async () => {
    const vat = await Driver.start(waiting);
    const told = await vat.message("hoard", ["$0.evil"], ["o-1"]);
    expect(told.resolves[0]).toMatchObject({ rejected: false, body: "#1" });
  });
});

describe("starts", () => {
  const START = [
    ["throws", () => Promise.reject(Error("not today")), "not today"],
    ["answers nothing", () => undefined, "remotable"],
    ["answers data", () => ({ a: 1 }), "remotable"],
    ["never answers", () => new Promise(() => {}), "within its delivery"],
  ] as const;
  test.each(START)("K46 an entry that %s is a fault", async (_, build, why) => {
    const vat = new Driver(build as BuildRootObject);
    expect((await vat.begin()).fault).toContain(why);
  });

  test("K03 a root that its own start passes on is the root to whoever gets it", async () => {
    const friend = JSON.stringify({ body: '#"$0.Alleged: friend"', slots: ["o-1"] });
    const build: BuildRootObject = (_powers, _parameters, baggage) => {
      const root = Far("root", { me: () => root, same: (one: unknown) => one === root });
      void E(baggage.get("friend") as { meet(...met: object[]): unknown }).meet(root, Far("other", {}), root);
      return root;
    };
    const vat = new Driver(build, [["b.friend", friend]]);
    const { sends, fault } = await vat.begin({}, ["o-1"]);
    expect(fault).toBe(undefined);
    expect(sends).toMatchObject([{ target: "o-1", slots: ["o+0", "o+2"] }]);
    expect((await vat.message("me")).resolves).toMatchObject([{ slots: ["o+0"] }]);
    expect((await vat.message("same", ["$0"], ["o+0"])).resolves).toMatchObject([{ body: "#true" }]);
    expect((await vat.send("o+1", ["me", []])).fault).toContain("o+1");
  });

  test("what the kernel cannot have said is a fault", async () => {
    const vat = await Driver.start(waiting);
    expect((await vat.send("o+77", ["ping", []])).fault).toContain("o+77");
  });
});
