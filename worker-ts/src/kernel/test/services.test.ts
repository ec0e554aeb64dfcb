// Services: the built-in ones, what a call may ask for, and that nothing a service does breaks the caller.
import { describe, expect, test } from "vitest";
import type { CapData } from "../kernel";
import { KernelError } from "../kernel-error";
import { fromCapData, Reference, toCapData, toMethargs } from "../notation/arguments";
import { builtInServices, defineService, RANDOM_BYTES_MAX, type Service, serviceTable } from "../services";

const URL = `ocap:${"A".repeat(43)}@demo`;
const kernel = {
  issueOcapURL: async (kref: string) => `${URL}#${kref}`,
  redeemOcapURL: async (url: string) => {
    if (url !== URL) throw new KernelError("UNKNOWN_URL", "this URL was not issued here");
    return "ko7";
  },
};
const builtIn = builtInServices({ now: () => 1_234, randomBytes: (count) => new Uint8Array(count).fill(255) });
const table = (more: readonly Service[] = []) => serviceTable([...builtIn, ...more], () => kernel);

async function ask(service: string, method: string, args: readonly unknown[], more: readonly Service[] = []) {
  const { rejected, value } = await table(more).call(service, 5, toCapData([method, args]));
  return { rejected, value: fromCapData(value) };
}

describe("K47 services", () => {
  test("K47 that every kernel has", () => {
    expect(table().names).toEqual(["clock", "random", "ocapURLIssuerService", "ocapURLRedemptionService"]);
  });

  test("K47 the clock tells the time, and random makes numbers below 1 and hex", async () => {
    expect(await ask("clock", "now", [])).toEqual({ rejected: false, value: 1_234 });
    expect(await ask("random", "number", [])).toEqual({ rejected: false, value: 1 - 2 ** -53 });
    expect(await ask("random", "hex", [3])).toEqual({ rejected: false, value: "ffffff" });
    for (const count of [0, -1, 1.5, RANDOM_BYTES_MAX + 1, "3", undefined])
      expect(await ask("random", "hex", [count])).toMatchObject({ rejected: true, value: { name: "RangeError" } });
  });

  test("K47 an ocap URL is issued for an object, and redeemed to it", async () => {
    expect(await ask("ocapURLIssuerService", "issue", [new Reference("ko3")])).toEqual({
      rejected: false,
      value: `${URL}#ko3`,
    });
    expect(await ask("ocapURLRedemptionService", "redeem", [URL])).toEqual({
      rejected: false,
      value: new Reference("ko7"),
    });
    const answer = await table().call("ocapURLRedemptionService", 1, toMethargs("redeem", [URL]));
    expect(answer).toEqual({ rejected: false, value: { body: '#"$0"', slots: ["ko7"] } });
    for (const arg of ["ko3", { kref: "ko3" }, undefined])
      expect(await ask("ocapURLIssuerService", "issue", [arg])).toMatchObject({ rejected: true });
    for (const arg of [1, null, "ocap:x@demo"])
      expect(await ask("ocapURLRedemptionService", "redeem", [arg])).toMatchObject({ rejected: true });
  });
});

describe("K47 services of one's own", () => {
  test("K47 get data and references, and the number of the call", async () => {
    const seen: unknown[] = [];
    const mail = defineService("mail", { send: (args, { call }) => void seen.push(args, call) });
    expect(await ask("mail", "send", ["to", { a: 1n }, new Reference("kp2")], [mail])).toEqual({
      rejected: false,
      value: undefined,
    });
    expect(seen).toEqual([["to", { a: 1n }, new Reference("kp2")], 5]);
  });

  test("K47 that throw, or answer what is no data, reject", async () => {
    const odd = defineService("odd", {
      throws: () => {
        throw new TypeError("no");
      },
      rejects: async () => Promise.reject("text"),
      answers: () => () => 1,
    });
    expect(await ask("odd", "throws", [], [odd])).toMatchObject({
      rejected: true,
      value: { name: "TypeError", message: "no" },
    });
    expect(await ask("odd", "rejects", [], [odd])).toMatchObject({ rejected: true, value: { message: "text" } });
    expect(await ask("odd", "answers", [], [odd])).toMatchObject({ rejected: true, value: { name: "KernelError" } });
  });

  test("K47 have their own methods and no others", async () => {
    for (const method of ["nothing", "toString", "constructor", "__proto__", "hasOwnProperty"])
      expect([method, await ask("clock", method, [])]).toMatchObject([method, { rejected: true }]);
  });

  test("K47 that are gone, and messages that are none, reject", async () => {
    expect(await ask("gone", "x", [])).toMatchObject({ rejected: true });
    const broken: readonly CapData[] = [
      { body: "", slots: [] },
      { body: "#1", slots: [] },
      { body: '#["now"]', slots: [] },
      { body: "#[1,[]]", slots: [] },
      { body: '#["now",["$4"]]', slots: [] },
    ];
    for (const methargs of broken) expect(await table().call("clock", 1, methargs)).toMatchObject({ rejected: true });
  });

  test("K47 have names that can be fields", () => {
    for (const name of ["", "a b", "1x", "__proto__", "x".repeat(65)])
      expect(() => defineService(name, {})).toThrow(TypeError);
  });
});
