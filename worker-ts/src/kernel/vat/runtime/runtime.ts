// One incarnation of one vat: deliveries come in, method calls follow, and what the vat wants goes out as one list. No clock, no I/O, no
// finalizers: the same deliveries always give the same outcomes, on which replay rests. Whoever uses it has imported cooperative.ts or
// locked the isolate down before.
import { HandledPromise } from "@endo/eventual-send";
import harden from "@endo/harden";
import { Remotable } from "@endo/pass-style";
import type { CapData } from "../../kernel";
import { type Baggage, makeBaggage } from "./baggage";
import { call } from "./call";
import { type Codec, makeCodec, styleOf, textOf } from "./codec";
import { Imports, type ImportsMode, type Presence } from "./imports";
import { bytesOf, METHOD_BYTES_MAX, refuseBeyond } from "./limits";
import { allegedName, Names } from "./names";
import { type Syscall, type Written, writeFault, writeOutcome } from "./outcome";
import { makePowers, type VatPowers } from "./powers";
import { VatStore } from "./vat-store";

/** A vat's entry: called once in each incarnation, answers the root object. */
export type BuildRootObject = (vatPowers: VatPowers, parameters: unknown, baggage: Baggage) => unknown;

/** What an incarnation is made from. */
export interface RuntimeOptions {
  readonly buildRootObject: BuildRootObject;
  /** The vat's store as the incarnation began. */
  readonly pairs: readonly (readonly [key: string, value: string])[];
  readonly imports: ImportsMode;
  /** Resolves when no promise job is left. */
  readonly drain: () => Promise<void>;
}

type Settlement = readonly [vref: string, rejected: boolean, data: CapData];
/** As the core documents them, parsed. */
export type Delivery = readonly [kind: string, ...fields: unknown[]];

interface Settler {
  resolve(value: unknown): void;
  reject(reason: unknown): void;
  /** Ends what the send held. */
  done(): void;
}

/** One heap, between its start and its end. */
export class VatRuntime {
  readonly #options: RuntimeOptions;
  readonly #names = new Names();
  readonly #imports: Imports;
  readonly #codec: Codec;
  readonly #store: VatStore;
  readonly #baggage: Baggage;
  /** Promises that others decide. */
  readonly #settlers = new Map<string, Settler>();
  #syscalls: Syscall[] = [];
  #restart = false;
  #fault: string | undefined;
  #busy = false;

  constructor(options: RuntimeOptions) {
    this.#options = options;
    this.#store = new VatStore(options.pairs);
    this.#imports = new Imports(options.imports, (presence, iface) => this.#makePresence(presence, iface));
    this.#codec = makeCodec(this.#names, this.#imports, (vref, promise) => this.#settleLater(vref, promise));
    this.#baggage = makeBaggage(this.#store, this.#codec, this.#imports);
  }

  /** From one delivery to all that it caused. One at a time. */
  async deliver(delivery: Delivery): Promise<Written> {
    if (this.#busy) throw Error("one delivery at a time");
    this.#busy = true;
    let root: Promise<void> | undefined;
    try {
      root = this.#take(delivery);
    } catch (error) {
      this.#fault ??= textOf(error);
    }
    await this.#options.drain();
    if (root !== undefined && !this.#names.valueOf("o+0"))
      this.#fault ??= "buildRootObject has not answered within its delivery";
    const written = this.#finish();
    this.#busy = false;
    return written;
  }

  #finish(): Written {
    if (this.#fault !== undefined) return writeFault(this.#fault);
    const dropped = this.#imports.sweep();
    if (dropped.length > 0) this.#syscalls.push(["dropImports", dropped], ["retireImports", dropped]);
    const written = writeOutcome({
      syscalls: this.#syscalls,
      ...this.#store.takeChanges(),
      ...(this.#restart ? { restart: true } : {}),
    });
    this.#syscalls = [];
    this.#restart = false;
    return written;
  }

  /** A promise comes back from the start alone. */
  #take([kind, ...fields]: Delivery): Promise<void> | undefined {
    switch (kind) {
      case "startVat":
        return this.#start(fields[0] as CapData, fields[1] as string[]);
      case "message":
        this.#message(fields[0] as string, fields[1] as { methargs: CapData; result: string | null });
        return;
      case "notify":
        this.#notify(fields[0] as Settlement[]);
        return;
      case "dropExports":
        for (const vref of fields[0] as string[]) this.#names.drop(vref);
        return;
      case "retireExports":
        for (const vref of fields[0] as string[]) this.#names.retire(vref);
        return;
      case "retireImports":
        for (const vref of fields[0] as string[]) this.#imports.retire(vref);
        return;
      case "bringOutYourDead":
        // what is dead was told at the end of each delivery
        return;
      default:
        throw TypeError(`a delivery of unknown kind: ${kind}`);
    }
  }

  async #start(parameters: CapData, known: readonly string[]): Promise<void> {
    this.#imports.begin(known.filter((vref) => vref.startsWith("o-")));
    try {
      const root = await this.#options.buildRootObject(
        this.#makePowers(),
        this.#codec.decode(parameters),
        this.#baggage,
      );
      if (styleOf(harden(root)) !== "remotable")
        throw TypeError("buildRootObject answers a remotable: Far(name, methods)");
      if (this.#imports.presenceOf(root as object)) throw TypeError("buildRootObject answers an object of its own");
      this.#nameRoot(root as object);
    } catch (error) {
      this.#fault ??= textOf(error);
    }
  }

  /** A root that buildRootObject has passed on before it was told apart from other objects was named like one of them. */
  #nameRoot(root: object): void {
    const early = this.#names.vrefOf(root);
    if (early !== undefined) {
      this.#names.retire(early);
      const text = JSON.stringify(this.#syscalls);
      this.#syscalls = JSON.parse(text, (_, value) => (value === early ? "o+0" : value));
    }
    this.#names.add("o+0", root);
  }

  #makePowers(): VatPowers {
    return makePowers({
      imports: this.#imports,
      codec: this.#codec,
      exit: (failure, info) => void this.#syscalls.push(["exit", failure, info]),
      restart: () => {
        this.#restart = true;
      },
    });
  }

  #message(target: string, { methargs, result }: { methargs: CapData; result: string | null }): void {
    const receiver = this.#names.valueOf(target);
    if (receiver === undefined) throw Error(`no export ${target}`);
    this.#arrive(methargs);
    const answer = harden(
      new Promise<unknown>((resolve) => {
        const [method, args] = this.#codec.decode(methargs) as [unknown, unknown];
        resolve(call(receiver, method, args));
      }),
    );
    const done = this.#imports.use(methargs.slots);
    answer.then(done, done);
    if (result === null) return;
    const settler = this.#settlers.get(result);
    if (settler) {
      // the vat sent this message itself, to a promise that became its own object: nobody else will tell its caller
      this.#settlers.delete(result);
      this.#names.alias(result, answer);
      settler.resolve(answer);
      settler.done();
    } else this.#names.add(result, answer);
    this.#settleLater(result, answer);
  }

  #notify(settlements: readonly Settlement[]): void {
    // promises that resolve to each other come together: all are made before any is settled, and none is subscribed to
    for (const [vref] of settlements) if (!this.#names.valueOf(vref)) this.#importPromise(vref);
    for (const [, , data] of settlements) this.#arrive(data);
    for (const [vref, rejected, data] of settlements) {
      const settler = this.#settlers.get(vref);
      if (settler === undefined) continue;
      try {
        const value = this.#codec.decode(data);
        this.#imports.keep(data.slots);
        if (rejected) settler.reject(value);
        else settler.resolve(value);
      } catch (error) {
        settler.reject(harden(Error(`an answer that cannot be read: ${textOf(error)}`)));
      }
      settler.done();
    }
    for (const [vref] of settlements) this.#forget(vref);
  }

  /** The kernel put these into the vat's table, whether the body names them or not. */
  #arrive({ slots }: CapData): void {
    for (const vref of slots) {
      if (vref.startsWith("o-")) this.#imports.arrive(vref);
      else if (vref.startsWith("p-") && !this.#names.valueOf(vref)) {
        this.#syscalls.push(["subscribe", vref]);
        this.#importPromise(vref);
      }
    }
  }

  #forget(vref: string): void {
    this.#names.retire(vref);
    this.#settlers.delete(vref);
  }

  /** The vat decides this promise: the kernel is told when it settles. */
  #settleLater(vref: string, promise: Promise<unknown>): void {
    const settle = (rejected: boolean, data: CapData): void => {
      this.#syscalls.push(["resolve", [[vref, rejected, data]]]);
      this.#forget(vref);
    };
    const refuse = (reason: unknown): void => settle(true, this.#codec.encodeReason(reason));
    const fulfil = (value: unknown): void => {
      let data: CapData;
      try {
        data = this.#codec.encode(value);
      } catch (error) {
        refuse(error);
        return;
      }
      settle(false, data);
    };
    promise.then(fulfil, refuse).catch((error: unknown) => {
      this.#fault ??= textOf(error);
    });
  }

  /** A promise that others decide. Messages to it go to the kernel at once. */
  #importPromise(vref: string, done: () => void = () => {}): Promise<unknown> {
    const promise = new HandledPromise<unknown>(
      (resolve, reject) => {
        this.#settlers.set(vref, { resolve, reject, done });
      },
      this.#handler(vref, undefined),
    );
    promise.catch(() => {});
    this.#names.add(vref, promise);
    return promise;
  }

  #makePresence(presence: Presence, iface: string | undefined): object {
    const handler = this.#handler(presence.vref, presence);
    let target: object | undefined;
    new HandledPromise((_resolve, _reject, resolveWithPresence) => {
      target = resolveWithPresence(handler);
    });
    return Remotable(allegedName(iface), undefined, target as object);
  }

  #handler(vref: string, presence: Presence | undefined) {
    const send = (method: unknown, args: unknown[], returned?: Promise<unknown>): Promise<unknown> =>
      this.#send(vref, presence, method, args, returned);
    const tell = (method: unknown, args: unknown[]): void => {
      this.#syscalls.push(["send", vref, { methargs: this.#methargs(presence, method, args), result: null }]);
    };
    return harden({
      applyMethod: (_: unknown, method: PropertyKey | undefined, args: unknown[], returned?: Promise<unknown>) =>
        send(method, args, returned),
      applyFunction: (_: unknown, args: unknown[], returned?: Promise<unknown>) => send(undefined, args, returned),
      applyMethodSendOnly: (_: unknown, method: PropertyKey | undefined, args: unknown[]) => tell(method, args),
      applyFunctionSendOnly: (_: unknown, args: unknown[]) => tell(undefined, args),
      get: () => {
        throw TypeError("properties of other vats' objects are not read: send a message");
      },
    });
  }

  #methargs(presence: Presence | undefined, method: unknown, args: unknown[]): CapData {
    if (presence?.dead) throw Error(`the import was ${presence.dead}`);
    if (typeof method === "string") refuseBeyond(METHOD_BYTES_MAX, bytesOf(method), "bytes of a method's name");
    return this.#codec.encode([method, args]);
  }

  #send(
    target: string,
    presence: Presence | undefined,
    method: unknown,
    args: unknown[],
    returned: Promise<unknown> | undefined,
  ): Promise<unknown> {
    // nobody may be listening to it
    returned?.catch(() => {});
    const methargs = this.#methargs(presence, method, args);
    const result = this.#names.next("p");
    this.#syscalls.push(["send", target, { methargs, result }], ["subscribe", result]);
    const promise = this.#importPromise(result, this.#imports.use([target, ...methargs.slots]));
    // the caller has the outer one; passed on, it is the same promise
    if (returned) this.#names.alias(result, returned);
    return promise;
  }
}
