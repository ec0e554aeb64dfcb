// What a vat holds of others, and when it lets go: no finalizers, so each of these is the same in a replay.
import "../cooperative";
import { E, Far } from "@endo/far";
import { describe, expect, test } from "vitest";
import * as waiter from "../../../../../vats/test/waiter";
import type { BuildRootObject } from "../runtime";
import { Driver } from "./drive";

const keeper = waiter.buildRootObject as BuildRootObject;

describe("held imports", () => {
  test("K31 live until they are released, and are dropped and retired at once", async () => {
    const vat = await Driver.start(keeper);
    expect((await vat.message("hoard", ["$0.Alleged: x"], ["o-1"])).dropped).toEqual([]);
    expect((await vat.message("use", [0])).sends).toMatchObject([{ target: "o-1" }]);
    const told = await vat.message("release", [0]);
    expect(told.syscalls.slice(-2)).toEqual([
      ["dropImports", ["o-1"]],
      ["retireImports", ["o-1"]],
    ]);
    const dead = await vat.message("use", [0]);
    expect(dead.sends).toEqual([]);
    expect(dead.resolves).toMatchObject([{ rejected: true, body: expect.stringContaining("released") }]);
  });

  test("K31 a slot that the body does not name is let go at once", async () => {
    const vat = await Driver.start(keeper);
    expect((await vat.message("hoard", ["$1"], ["o-1", "o-2"])).dropped).toEqual(["o-1"]);
  });

  test("a released presence cannot be passed, as if it were the vat's own", async () => {
    const vat = await Driver.start((powers) => {
      const kept: object[] = [];
      return Far("root", {
        take: (other: object) => void kept.push(other),
        release: () => powers.release(kept[0]),
        again: () => powers.release(kept[0]),
        give: () => kept[0],
        keep: () => powers.keep(kept[0]),
        forge: () => powers.release({}),
        nothing: () => powers.release(null),
      });
    });
    await vat.message("take", ["$0"], ["o-1"]);
    expect((await vat.message("give")).resolves[0]?.slots).toEqual(["o-1"]);
    await vat.message("release");
    for (const method of ["give", "keep", "forge", "nothing"])
      expect((await vat.message(method)).resolves[0], method).toMatchObject({ rejected: true, slots: [] });
    expect((await vat.message("again")).kinds).toEqual(["resolve"]);
  });

  test("K33 what comes again after a release is a new presence", async () => {
    const vat = await Driver.start(keeper);
    await vat.message("hoard", ["$0"], ["o-1"]);
    await vat.message("release", [0]);
    await vat.message("hoard", ["$0"], ["o-2"]);
    expect((await vat.message("use", [1])).sends).toMatchObject([{ target: "o-2" }]);
  });

  test("K35 what its owner let go is dead here, and nothing is said about it", async () => {
    const vat = await Driver.start(keeper);
    await vat.message("hoard", ["$0"], ["o-1"]);
    expect((await vat.deliver(["retireImports", ["o-1"]])).syscalls).toEqual([]);
    expect((await vat.message("use", [0])).resolves[0]).toMatchObject({ rejected: true });
    expect((await vat.deliver(["bringOutYourDead"])).syscalls).toEqual([]);
  });
});

describe("scoped imports", () => {
  const start = () => Driver.start(keeper, [], "scoped");

  test("an argument lives until the method has answered", async () => {
    const vat = await start();
    const told = await vat.message("hoard", ["$0"], ["o-1"]);
    expect(told.kinds).toEqual(["resolve", "dropImports", "retireImports"]);
    expect((await vat.message("use", [0])).resolves[0]).toMatchObject({ rejected: true });
  });

  test("a method that still waits holds its arguments", async () => {
    const vat = await start();
    expect((await vat.message("ask", ["$0", "why"], ["o-1"])).dropped).toEqual([]);
    expect((await vat.notify(["p+1", false, "because"])).dropped).toEqual(["o-1"]);
  });

  test("keep holds it, release ends that", async () => {
    const vat = await Driver.start(
      (powers) => {
        const kept: { ping(): unknown }[] = [];
        return Far("root", {
          keep(other: { ping(): unknown }) {
            powers.keep(other);
            kept.push(other);
          },
          use: () => E(kept[0]!).ping(),
          release: () => powers.release(kept[0]),
        });
      },
      [],
      "scoped",
    );
    expect((await vat.message("keep", ["$0"], ["o-1"])).dropped).toEqual([]);
    expect((await vat.message("use")).sends).toMatchObject([{ target: "o-1" }]);
    expect((await vat.message("release")).dropped).toEqual(["o-1"]);
  });

  test("a pending send holds what it names, baggage holds what it names", async () => {
    const vat = await start();
    const sent = await vat.message("remember", ["k", "$0"], ["o-1"]);
    expect(sent.dropped).toEqual([]);
    expect((await vat.message("callKept", ["k"])).sends).toMatchObject([{ target: "o-1" }]);
    // the message under way is the last that holds it
    expect((await vat.message("forget", ["k"])).dropped).toEqual([]);
    expect((await vat.notify(["p+1", false, 1])).dropped).toEqual(["o-1"]);
  });

  test("results live until they are released", async () => {
    const vat = await Driver.start(
      (powers) => {
        let got: object | undefined;
        return Far("root", {
          async get(other: { make(): object }) {
            got = await E(other).make();
          },
          release: () => powers.release(got),
        });
      },
      [],
      "scoped",
    );
    await vat.message("get", ["$0"], ["o-1"]);
    expect((await vat.notify(["p+1", false, "$0", ["o-2"]])).dropped).toEqual(["o-1"]);
    expect((await vat.deliver(["bringOutYourDead"])).dropped).toEqual([]);
    expect((await vat.message("release")).dropped).toEqual(["o-2"]);
  });
});

describe("exports", () => {
  test("K33 K36 dropped and passed again: the same name; retired: a new one", async () => {
    const made = Far("made", { ping: () => "pong" });
    const vat = await Driver.start(() => Far("root", { make: () => made }));
    expect((await vat.message("make")).resolves[0]?.slots).toEqual(["o+1"]);
    await vat.deliver(["dropExports", ["o+1"]]);
    expect((await vat.message("make")).resolves[0]?.slots).toEqual(["o+1"]);
    expect((await vat.send("o+1", ["ping", []])).resolves[0]?.body).toBe('#"pong"');
    await vat.deliver(["dropExports", ["o+1"]]);
    await vat.deliver(["retireExports", ["o+1"]]);
    expect((await vat.message("make")).resolves[0]?.slots).toEqual(["o+2"]);
  });
});
