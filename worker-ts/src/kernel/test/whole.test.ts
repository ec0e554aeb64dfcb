// The whole kernel in Node, the way the seed's example makes one: a database, a channel, makeKernel, and a caller at the other port. What
// vats get of services is shown here, too.
import "../vat/static";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { E, Far } from "@endo/far";
import { afterEach, expect, test } from "vitest";
import type { CapData, Kernel } from "../kernel";
import { type KernelOptions, type LocalKernel, makeKernel } from "../make-kernel";
import { Reference } from "../notation/arguments";
import { makeKernelClient } from "../rpc/client";
import { defineService } from "../services";
import { makeD1KernelDatabase } from "../store/database";
import { makeMemoryKernelStore } from "../store/memory";
import { d1OnSqlite } from "../store/test/d1-on-sqlite";
import type { BuildRootObject } from "../vat/runtime/runtime";

const MIGRATION = readFileSync(join(import.meta.dirname, "../../../migrations/kernel/0000_init.sql"), "utf8");

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const part of open.splice(0)) await part.close();
});

/** A kernel on rows of its own and a client at the other end of a channel. */
async function channelTo(
  rows: Parameters<typeof makeKernel>[1],
  options: KernelOptions,
): Promise<[Kernel, LocalKernel]> {
  const { port1, port2 } = new MessageChannel();
  const local = await makeKernel(port1, rows, options);
  open.push(port1, port2, local);
  return [makeKernelClient(port2), local];
}

interface Clock {
  now(): number;
}
interface Random {
  number(): number;
  hex(bytes: number): string;
}
interface Issuer {
  issue(object: unknown): string;
}
interface Redeemer {
  redeem(url: string): { greet(): string };
}
interface Services {
  readonly clock: Clock;
  readonly random: Random;
  readonly ocapURLIssuerService: Issuer;
  readonly ocapURLRedemptionService: Redeemer;
  readonly mail: { send(to: unknown, text: string): string };
}

/** Keeps its services, and asks each what it is asked. */
const buildAsker: BuildRootObject = () => {
  let services: Services;
  const own = Far("own", { greet: () => "it is me" });
  return Far("asker", {
    bootstrap(_roots: unknown, given: Services) {
      services = given;
    },
    time: () => E(services.clock).now(),
    number: () => E(services.random).number(),
    hex: (bytes: number) => E(services.random).hex(bytes),
    url: () => E(services.ocapURLIssuerService).issue(own),
    object: () => own,
    visit: (url: string) => E(E(services.ocapURLRedemptionService).redeem(url)).greet(),
    isOwn: async (url: string) => (await E(services.ocapURLRedemptionService).redeem(url)) === (own as unknown),
    mail: () => E(services.mail).send(own, "hello"),
    strange: () => E(services.clock as unknown as { constructor(): void }).constructor(),
  });
};

const SERVICES = ["clock", "random", "ocapURLIssuerService", "ocapURLRedemptionService", "mail"];
const sent: unknown[] = [];
const mail = defineService("mail", {
  send: ([to, text], { call }) => {
    sent.push([to, text, call]);
    return "sent";
  },
});

const value = ({ body }: CapData): unknown => JSON.parse(body.slice(1));

async function asker() {
  const options = { kernel: "whole", vats: { asker: buildAsker }, services: [mail] };
  const [kernel, local] = await channelTo(makeMemoryKernelStore(), options);
  const config = { bootstrap: "asker", services: SERVICES, vats: { asker: { bundleName: "asker" } } };
  const { rootKref } = await kernel.launchSubcluster(config);
  const ask = (method: string, ...args: readonly unknown[]) => kernel.queueMessage(rootKref, method, args);
  return { kernel, local, ask };
}

test("K51 the seed's way: a channel, a database on D1, makeKernel, ping; what was kept is there for the next kernel", async () => {
  const db = d1OnSqlite(":memory:", MIGRATION);
  for (const count of ["1", "2"]) {
    const database = await makeD1KernelDatabase(db, { kernel: "seed" });
    const [kernel, local] = await channelTo(database, { kernel: "seed" });
    expect(await kernel.ping()).toBe("pong");
    const before = Number(database.kernelKVStore.get("cf-worker-request-count") ?? "0");
    database.kernelKVStore.set("cf-worker-request-count", String(before + 1));
    await database.flush();
    expect(database.kernelKVStore.get("cf-worker-request-count")).toBe(count);
    expect((await kernel.getStatus()).kernel.store).toBe("d1");
    await local.close();
  }
});

test("K47 a vat reaches clock and randomness by messages", async () => {
  const { ask } = await asker();
  expect(Math.abs((value(await ask("time")) as number) - Date.now())).toBeLessThan(60_000);
  const number = value(await ask("number")) as number;
  expect(number >= 0 && number < 1).toBe(true);
  const [one, two] = [value(await ask("hex", 16)), value(await ask("hex", 16))] as string[];
  expect(one).toMatch(/^[0-9a-f]{32}$/);
  expect(two).not.toBe(one);
  await expect(ask("hex", 0)).rejects.toMatchObject({
    code: "REJECTED",
    data: { body: expect.stringContaining("RangeError") },
  });
  await expect(ask("strange")).rejects.toMatchObject({ code: "REJECTED" });
});

test("K47 a vat makes an ocap URL of its object, for itself, for callers and back", async () => {
  const { kernel, local, ask } = await asker();
  const url = value(await ask("url")) as string;
  expect(url).toMatch(/^ocap:[\w-]{43}@whole$/);
  const kref = await kernel.redeemOcapURL(url);
  expect(kref).toBe((await ask("object")).slots[0]);
  expect(value(await kernel.queueMessage(kref, "greet", []))).toBe("it is me");
  expect(value(await ask("visit", url))).toBe("it is me");
  expect(value(await ask("isOwn", url))).toBe(true);
  const wrong = url.replace("@whole", "@other");
  await expect(ask("visit", wrong)).rejects.toMatchObject({ code: "REJECTED" });
  await expect(kernel.redeemOcapURL(wrong)).rejects.toMatchObject({ code: "UNKNOWN_URL" });
  expect(await local.audit()).toEqual([]);
});

test("K47 a service of one's own hears the object as a reference, once, with the call's number", async () => {
  sent.length = 0;
  const { ask } = await asker();
  // held outside from here on, so that it is the same object all along
  const kref = (await ask("object")).slots[0]!;
  expect(value(await ask("mail"))).toBe("sent");
  expect(sent).toEqual([[new Reference(kref), "hello", expect.any(Number)]]);
});

test("K46 forceReset clears the kernel before the launch; of a config that is none nothing is cleared", async () => {
  const { kernel } = await asker();
  const config = { bootstrap: "a", vats: { a: { bundleName: "asker" } } };
  const ids = async () => (await kernel.getStatus()).subclusters.map(({ id }) => id);
  await expect(kernel.launchSubcluster({ ...config, bootstrap: "b", forceReset: true })).rejects.toMatchObject({
    code: "BAD_CONFIG",
  });
  expect(await ids()).toEqual(["s1"]);
  await kernel.launchSubcluster(config);
  expect(await ids()).toEqual(["s1", "s2"]);
  await kernel.launchSubcluster({ ...config, forceReset: true });
  expect(await ids()).toEqual(["s3"]);
});
