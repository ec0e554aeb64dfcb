// A WebSocket of the simulated world: messages take time, keep their order, and can be lost with the line.
import type { Socket } from "../platform";
import type { Clock } from "./clock";

type Listeners = {
  open: () => void;
  error: () => void;
  message: (event: { readonly data: unknown }) => void;
  close: (event: { readonly code: number; readonly reason: string }) => void;
};

/** The server's end of a line. */
export interface ServerEnd {
  handleMessage(data: Uint8Array | string): void;
  handleClose(code: number): void;
}

/** Both ends of one line in one object: the client's is the Socket, the server's are `deliver` and `cut`. */
export class SimSocket implements Socket {
  binaryType = "blob";
  #listeners: { [K in keyof Listeners]: Listeners[K][] } = { open: [], error: [], message: [], close: [] };
  #state: "opening" | "open" | "closed" = "opening";
  #end: ServerEnd | undefined;
  readonly #clock: Clock;
  readonly #latency: () => number;
  #lastUp = 0;
  #lastDown = 0;

  constructor(clock: Clock, latency: () => number) {
    this.#clock = clock;
    this.#latency = latency;
  }

  addEventListener<K extends keyof Listeners>(type: K, listener: Listeners[K]): void {
    this.#listeners[type].push(listener);
  }

  /** The handshake succeeds, after a while. */
  accept(makeEnd: () => ServerEnd): void {
    this.#down(() => {
      this.#end = makeEnd();
      this.#state = "open";
      for (const listener of this.#listeners.open) listener();
    });
  }

  send(data: Uint8Array<ArrayBuffer> | string): void {
    if (this.#state !== "open") return;
    const copy = typeof data === "string" ? data : data.slice();
    this.#lastUp = Math.max(this.#lastUp, this.#clock.now() + this.#latency());
    this.#clock.setTimeout(() => {
      if (this.#state === "open") this.#end?.handleMessage(copy);
    }, this.#lastUp - this.#clock.now());
  }

  /** Closed by the client: the server learns it, the client hears nothing more. */
  close(code = 1000): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#end?.handleClose(code);
  }

  /** The server sends. */
  deliver(data: Uint8Array | string): void {
    this.#down(() => {
      const message = typeof data === "string" ? data : data.slice().buffer;
      for (const listener of this.#listeners.message) listener({ data: message });
    });
  }

  /** The server closes: what it sent before still arrives. */
  finish(code: number): void {
    this.#down(() => this.cut(code));
  }

  /** The line breaks now: nothing under way arrives. An error that nobody listens to is thrown, as some of Node do. */
  cut(code = 1006): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    if (this.#listeners.error.length === 0) throw new Error("an error event without a listener");
    for (const listener of this.#listeners.error) listener();
    this.#end?.handleClose(code);
    for (const listener of this.#listeners.close) listener({ code, reason: "" });
  }

  #down(f: () => void): void {
    this.#lastDown = Math.max(this.#lastDown, this.#clock.now() + this.#latency());
    this.#clock.setTimeout(() => {
      if (this.#state !== "closed") f();
    }, this.#lastDown - this.#clock.now());
  }
}
