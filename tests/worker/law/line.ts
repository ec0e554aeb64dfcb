// The world of one tab in the law of the views: HTTP and sockets through the Worker's own door, on a line that breaks at any place:
// before something leaves, behind it, with the room told at once or later.
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { app } from "../../../worker-ts/src/app";
import type { Platform, Socket } from "../../../worker-ts/src/client";
import { pause } from "../support/room-client";

/** How often things break, each from 0 (never) to 100 (always). */
export interface Faults {
  /** A frame or a request does not leave, and the line is gone. */
  readonly before: number;
  /** It leaves, and the line is gone before anything is answered. */
  readonly after: number;
}

export const NO_FAULTS: Faults = { before: 0, after: 0 };

/** A room may hear of a broken line this much later (ms). */
const HALF_OPEN_MS = 60;

/** What outlives the answers of the Worker; to be awaited before a test ends. */
const trailing = new Set<Promise<unknown>>();

/** Waits until the Worker has nothing more to do. */
export async function settleWorker(): Promise<void> {
  while (trailing.size > 0) await Promise.all(trailing);
}

/** A request as the Worker gets it. */
async function ask(url: string, { method = "GET", headers, body }: RequestInit): Promise<Response> {
  const context = createExecutionContext();
  const sent = new Headers(headers as HeadersInit);
  // as a fetch over a network does
  if (body instanceof Blob) sent.set("content-length", String(body.size));
  const request = new Request(url, { method, headers: sent, ...(body ? { body } : {}) });
  const response = await app.fetch(request, env, context);
  const rest = waitOnExecutionContext(context).finally(() => trailing.delete(rest));
  trailing.add(rest);
  return response;
}

type Listener = (event: never) => void;

class LineSocket implements Socket {
  binaryType = "arraybuffer";
  #socket: WebSocket | undefined;
  #dead = false;
  readonly #listeners: Readonly<Record<string, Listener[]>> = { open: [], error: [], message: [], close: [] };
  readonly #line: Line;

  constructor(line: Line, url: string, protocols: readonly string[]) {
    this.#line = line;
    void this.#open(url, protocols);
  }

  addEventListener(type: string, listener: Listener): void {
    this.#listeners[type]!.push(listener);
  }

  send(data: Uint8Array<ArrayBuffer> | string): void {
    if (this.#dead) return;
    const lost = this.#line.breaks("before");
    if (!lost) this.#socket?.send(data);
    if (lost || this.#line.breaks("after")) this.cut();
  }

  close(code?: number, reason?: string): void {
    this.#end();
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.close(code ?? 1000, reason);
    this.#tell("close", { code: code ?? 1005, reason: reason ?? "" });
  }

  /** Nothing goes through any more in either direction; the other end hears of it now or later. */
  cut(): void {
    if (this.#dead) return;
    this.#end();
    const socket = this.#socket;
    const close = () => socket?.readyState === WebSocket.OPEN && socket.close(1001, "cut");
    if (this.#line.late()) setTimeout(close, HALF_OPEN_MS);
    else close();
    this.#tell("close", { code: 1006, reason: "" });
  }

  #end(): void {
    this.#dead = true;
    this.#line.sockets.delete(this);
  }

  async #open(url: string, protocols: readonly string[]): Promise<void> {
    this.#line.sockets.add(this);
    const headers = { upgrade: "websocket", "sec-websocket-protocol": protocols.join(", ") };
    const webSocket = this.#line.down ? null : (await ask(url.replace(/^ws/, "http"), { headers })).webSocket;
    if (webSocket === null) {
      if (!this.#dead) this.#tell("close", { code: 1006, reason: "" });
      return this.#end();
    }
    this.#socket = webSocket;
    webSocket.binaryType = "arraybuffer";
    webSocket.addEventListener("message", ({ data }) => !this.#dead && this.#tell("message", { data }));
    webSocket.addEventListener("close", ({ code, reason }) => {
      if (this.#dead) return;
      this.#end();
      this.#tell("close", { code, reason });
    });
    webSocket.accept();
    if (this.#dead) webSocket.close(1001, "cut");
    else this.#tell("open", undefined);
  }

  /** Never inside the call that made it happen, as in browsers. */
  #tell(type: string, event: unknown): void {
    queueMicrotask(() => {
      if (this.#line.alive) for (const listener of this.#listeners[type]!) listener(event as never);
    });
  }
}

/** The line of one program. */
export class Line {
  readonly sockets = new Set<LineSocket>();
  faults: Faults = NO_FAULTS;
  /** False once the program was killed: nothing happens in it any more. */
  alive = true;
  #upAt = 0;
  readonly #roll: (below: number) => number;

  constructor(roll: (below: number) => number) {
    this.#roll = roll;
  }

  /** What the program sees of the world. */
  get platform(): Partial<Platform> {
    const line = this;
    return {
      WebSocket: class extends LineSocket {
        constructor(url: string, protocols: string[]) {
          super(line, url, protocols);
        }
      },
      fetch: async (url, init) => {
        if (line.down || line.breaks("before")) throw new TypeError("the line is broken");
        const response = await ask(url, init);
        if (line.down || line.breaks("after")) throw new TypeError("the line broke");
        return response;
      },
      // so that waits before reconnecting are short
      random: () => line.#roll(100) / 5_000,
      setTimeout: (f, ms) => setTimeout(() => line.alive && f(), ms),
    };
  }

  breaks(where: keyof Faults): boolean {
    return this.#roll(100) < this.faults[where];
  }

  late(): boolean {
    return this.#roll(2) === 0;
  }

  /** Breaks every connection; for `downMs` there is no other. */
  cut(downMs = 0): void {
    this.#upAt = Date.now() + downMs;
    for (const socket of [...this.sockets]) socket.cut();
  }

  get down(): boolean {
    return !this.alive || Date.now() < this.#upAt;
  }

  /** The program is gone without a word. */
  kill(): void {
    this.alive = false;
    this.cut();
  }
}

/** Long enough for what was half open to be closed. */
export const halfOpenEnds = () => pause(2 * HALF_OPEN_MS);
