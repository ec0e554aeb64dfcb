// The workerd with the four kinds of rooms, and the sockets that are open to them. One server serves all cases; sockets stay open as long
// as cases want them.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { root } from "../../harness/environment.ts";
import { type RunningServer, startWorker } from "../../harness/server/workerd.ts";
import { RawSocket } from "../rooms/raw-socket.ts";
import { processorUs, tellsProcessor } from "./processor.ts";

/** Kinds of rooms: the bindings of the Worker. */
export type Kind = "BARE" | "OURS" | "PARTYSERVER" | "CROSSWS";

/** A room with so many sockets. Every hundredth is in the topic `few`, all are in `all`. */
export interface RoomOf {
  readonly kind: Kind;
  readonly name: string;
  readonly sockets: number;
}

const OPENING_AT_ONCE = 50;
const ONE_OF_FEW = 100;
const COPIES_MS_MAX = 60_000;
/** How long the server has for the ends of sockets before it is measured again. */
const CLOSING_MS = 250;
const CLOSING_MS_MAX = 20_000;

/** workerd has two files open for each socket, and some for itself. */
const FILES_PER_SOCKET = 2;
const FILES_BESIDE = 400;

/** As many sockets as are wished for in each of so many rooms, or what this system's limit of open files leaves for each. */
export function socketsFor(rooms: number, wished: number): number {
  const limit = /^Max open files\s+(\d+)/m.exec(existsSync(LIMITS) ? readFileSync(LIMITS, "utf8") : "")?.[1];
  if (limit === undefined) return wished;
  const each = Math.floor((Number(limit) - FILES_BESIDE) / FILES_PER_SOCKET / rooms);
  // By whole hundreds: one of a hundred is of the few.
  return Math.min(wished, each - (each % ONE_OF_FEW));
}
const LIMITS = "/proc/self/limits";

/** What something cost, all in µs. */
export interface Cost {
  /** Until its last copy had come. */
  readonly wall: number;
  /** Of workerd's processor; undefined where the system does not tell. */
  readonly processor: number | undefined;
  /** What the room itself measured, where it did. */
  readonly inside: number;
}

/** The sockets of a room. They count what comes; what it says was checked when they were opened. */
export class Crowd {
  readonly room: RoomOf;
  readonly lines: RawSocket[] = [];
  #heard = 0;
  #wanted = 0;
  #reached: (() => void) | undefined;

  constructor(room: RoomOf) {
    this.room = room;
  }

  async open(port: number): Promise<void> {
    const { kind, name, sockets } = this.room;
    const receive = (): void => {
      this.#heard += 1;
      if (this.#heard === this.#wanted) this.#reached?.();
    };
    while (this.lines.length < sockets) {
      const first = this.lines.length;
      const some = Array.from({ length: Math.min(OPENING_AT_ONCE, sockets - first) }, (_, n) => first + n);
      const pathOf = (n: number) => `/${kind}/${name}${n % ONE_OF_FEW === 0 ? "?few" : ""}`;
      this.lines.push(...(await Promise.all(some.map((n) => RawSocket.open({ port, path: pathOf(n) }, receive)))));
    }
  }

  /** Waits until exactly this many more messages have come than were waited for before; throws when it is another number. */
  async hear(copies: number): Promise<void> {
    const { kind, name } = this.room;
    this.#wanted += copies;
    const wrong = () => new Error(`${kind}/${name}: ${this.#heard} copies have come of ${this.#wanted}`);
    if (this.#heard > this.#wanted) throw wrong();
    if (this.#heard === this.#wanted) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(wrong()), COPIES_MS_MAX);
      this.#reached = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  cut(): void {
    for (const line of this.lines) line.cut();
  }
}

/** The running Worker. */
export class Rooms {
  private readonly server: RunningServer;
  readonly #crowds = new Map<string, Crowd>();

  private constructor(server: RunningServer) {
    this.server = server;
  }

  static async start(inspectorPort?: number): Promise<Rooms> {
    const config = `${root}tests/bench/peers/ws-kit/wrangler.jsonc`;
    return new Rooms(await startWorker({ config, ...(inspectorPort === undefined ? {} : { inspectorPort }) }));
  }

  /** The crowds of these rooms; those that are not asked for are sent away, because a process may have only so many files open. */
  async crowds(rooms: readonly RoomOf[]): Promise<Crowd[]> {
    const keyOf = ({ kind, name, sockets }: RoomOf) => `${kind}/${name}/${sockets}`;
    const wanted = new Set(rooms.map(keyOf));
    const leaving = [...this.#crowds].filter(([key]) => !wanted.has(key));
    for (const [key, crowd] of leaving) {
      crowd.cut();
      this.#crowds.delete(key);
    }
    if (leaving.length > 0) await this.#closed();
    const found: Crowd[] = [];
    for (const room of rooms) {
      const crowd = this.#crowds.get(keyOf(room)) ?? new Crowd(room);
      if (crowd.lines.length === 0) await crowd.open(this.server.port);
      this.#crowds.set(keyOf(room), crowd);
      found.push(crowd);
    }
    return found;
  }

  /** Waits until workerd has closed its ends of the sockets that were cut: the files are wanted for others. */
  async #closed(): Promise<void> {
    const files = `/proc/${this.server.pid}/fd`;
    let open = 0;
    for (const crowd of this.#crowds.values()) open += crowd.lines.length;
    const many = () => existsSync(files) && readdirSync(files).length > open * FILES_PER_SOCKET + FILES_BESIDE / 2;
    for (let waited = 0; waited < CLOSING_MS_MAX && many(); waited += CLOSING_MS) await pause(CLOSING_MS);
    await pause(CLOSING_MS);
  }

  /** Calls a method of a room. */
  async call<T>(
    { kind, name }: Pick<RoomOf, "kind" | "name">,
    method: string,
    ...args: readonly unknown[]
  ): Promise<T> {
    const body = JSON.stringify({ kind, name, method, args });
    const answer = await fetch(`http://127.0.0.1:${this.server.port}/`, { method: "POST", body });
    if (!answer.ok)
      throw new Error(`${kind}/${name}.${method}: ${answer.status} ${(await answer.text()).slice(0, 300)}`);
    return answer.json() as Promise<T>;
  }

  /** Runs work that answers the ms it measured itself, and waits for the copies that come of it. */
  async cost(work: () => Promise<number>, crowds: readonly Crowd[], copiesEach: number): Promise<Cost> {
    const { pid } = this.server;
    const tells = tellsProcessor(pid);
    const before = tells ? processorUs(pid) : 0;
    const since = performance.now();
    const inside = await work();
    for (const crowd of crowds) await crowd.hear(copiesEach);
    const wall = (performance.now() - since) * 1000;
    return { wall, processor: tells ? processorUs(pid) - before : undefined, inside: inside * 1000 };
  }

  async stop(): Promise<void> {
    for (const crowd of this.#crowds.values()) crowd.cut();
    await this.server[Symbol.asyncDispose]();
  }
}
