// What vats reach by `E(service).method(...)`: how a service is defined, the built-in ones, and how a call is answered. Clock, randomness
// and the kernel are handed in. A call may come twice after a crash, with the same number.

import type { ServiceAnswer, ServiceTable } from "./host/service";
import type { CapData, Kernel } from "./kernel";
import { fromCapData, Reference, toCapData, toReason } from "./notation/arguments";

/** What a method of a service may use beside its arguments. */
export interface ServiceContext {
  /** Of the kernel whose vat calls. */
  readonly kernel: Pick<Kernel, "issueOcapURL" | "redeemOcapURL">;
  /** The call's number; an effect outside is to be kept by it, so that a repeat does nothing. */
  readonly call: number;
}

/** A method. Arguments and answer are JSON data; an object of a vat is a `Reference`. What it throws rejects the caller's promise. */
export type ServiceMethod = (args: readonly unknown[], context: ServiceContext) => unknown;

/** A service. */
export interface Service {
  readonly name: string;
  readonly methods: Readonly<Record<string, ServiceMethod>>;
}

const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

/** Defines a service; configurations ask for it by its name. */
export function defineService(name: string, methods: Readonly<Record<string, ServiceMethod>>): Service {
  if (!NAME.test(name)) throw new TypeError("a service's name must be letters, digits, _ and -");
  return { name, methods: { ...methods } };
}

/** The table that the host asks; of two services with one name the later one counts. */
export function serviceTable(services: readonly Service[], kernel: () => ServiceContext["kernel"]): ServiceTable {
  const byName = new Map(services.map((service) => [service.name, service]));
  return {
    names: [...byName.keys()],
    async call(name, call, methargs) {
      const service = byName.get(name);
      if (service === undefined) return refused(new Error("there is no such service any more"));
      return callService(service, methargs, { kernel: kernel(), call });
    },
  };
}

/** One call; what fails is a rejection. */
export async function callService(
  service: Service,
  methargs: CapData,
  context: ServiceContext,
): Promise<ServiceAnswer> {
  try {
    const [method, args] = readMethargs(methargs);
    // only what the service itself has: no toString, no constructor
    const run = Object.hasOwn(service.methods, method) ? service.methods[method] : undefined;
    if (run === undefined) throw new TypeError("the service has no such method");
    return { rejected: false, value: toCapData(await run(args, context)) };
  } catch (thrown) {
    return refused(thrown);
  }
}

const refused = (thrown: unknown): ServiceAnswer => ({ rejected: true, value: toReason(thrown) });

function readMethargs(methargs: CapData): [method: string, args: readonly unknown[]] {
  const message = fromCapData(methargs);
  if (!Array.isArray(message) || message.length !== 2) throw new TypeError("a message is a method and its arguments");
  const [method, args] = message as [unknown, unknown];
  if (typeof method !== "string" || !Array.isArray(args))
    throw new TypeError("a message is a method and its arguments");
  return [method, args];
}

/** Clock and randomness, as they are outside. */
export interface ServicePorts {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly randomBytes: (count: number) => Uint8Array;
}

/** Bytes that one call of `random` may ask for. */
export const RANDOM_BYTES_MAX = 1_024;

/** The services that every kernel has. */
export function builtInServices({ now, randomBytes }: ServicePorts): readonly Service[] {
  return [
    defineService("clock", { now: () => now() }),
    defineService("random", {
      number: () => unit(randomBytes(7)),
      hex: ([count]) => {
        if (!Number.isInteger(count) || (count as number) < 1 || (count as number) > RANDOM_BYTES_MAX)
          throw new RangeError(`1 to ${RANDOM_BYTES_MAX} bytes`);
        return Array.from(randomBytes(count as number), (byte) => byte.toString(16).padStart(2, "0")).join("");
      },
    }),
    defineService("ocapURLIssuerService", {
      issue: async ([object], { kernel }) => {
        if (!(object instanceof Reference)) throw new TypeError("only an object has an ocap URL");
        return kernel.issueOcapURL(object.kref);
      },
    }),
    defineService("ocapURLRedemptionService", {
      redeem: async ([url], { kernel }) => {
        if (typeof url !== "string") throw new TypeError("an ocap URL is a string");
        return new Reference(await kernel.redeemOcapURL(url));
      },
    }),
  ];
}

/** 53 of the bits as a number from 0 up to 1, 1 not being one of them. */
function unit(bytes: Uint8Array): number {
  const bits = bytes.reduce((sum, byte, at) => sum + (at === 0 ? byte & 0x1f : byte) * 2 ** (8 * (6 - at)), 0);
  return bits / 2 ** 53;
}
