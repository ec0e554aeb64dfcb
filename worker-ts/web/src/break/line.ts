// A line that can be cut: the client's WebSocket and fetch with a switch in them. Everything that goes over it ends at once, and
// nothing new gets through until it is whole again; the client cannot tell it from a bad network.
import type { Platform, Socket } from "../../../src/client";

const ABNORMAL = 1006;

/** Of the three events of a socket the parts that the client reads. */
interface Heard {
  readonly data: unknown;
  readonly code: number;
  readonly reason: string;
}
type Listener = (event: Heard) => void;

function heard(event: Event): Heard {
  const { code, reason } = event instanceof CloseEvent ? event : { code: ABNORMAL, reason: "" };
  return { data: event instanceof MessageEvent ? event.data : undefined, code, reason };
}

export class Line {
  #cut = false;
  readonly #sockets = new Set<CuttableSocket>();
  readonly #online = new Set<() => void>();

  /** The parts of a platform that go over this line, for `connect({ platform })`. */
  readonly platform: Partial<Platform> = this.#parts();

  get isCut(): boolean {
    return this.#cut;
  }

  cut(): void {
    this.#cut = true;
    for (const socket of this.#sockets) socket.break();
    this.#sockets.clear();
  }

  /** Whole again; the client is told as a browser tells it, by "online". */
  mend(): void {
    this.#cut = false;
    for (const tell of this.#online) tell();
  }

  #parts(): Partial<Platform> {
    const line = this;
    return {
      WebSocket: class extends CuttableSocket {
        constructor(url: string, protocols: string[]) {
          super(line.#cut ? undefined : new WebSocket(url, protocols));
          if (!line.#cut) line.#sockets.add(this);
        }
      },
      fetch: (url, init) => (line.#cut ? Promise.reject(new TypeError("the line is cut")) : fetch(url, init)),
      onOnline(tell) {
        line.#online.add(tell);
        return () => line.#online.delete(tell);
      },
    };
  }
}

/** A socket that can be torn: what is on its way in either direction is gone, and it ends as broken sockets end. */
class CuttableSocket implements Socket {
  readonly #real: WebSocket | undefined;
  readonly #closed = new Set<Listener>();
  #broken = false;

  /** Without a real socket it breaks as soon as somebody can hear it. */
  constructor(real: WebSocket | undefined) {
    this.#real = real;
    if (real === undefined) queueMicrotask(() => this.break());
  }

  get binaryType(): string {
    return this.#real?.binaryType ?? "arraybuffer";
  }
  set binaryType(type: string) {
    if (this.#real !== undefined) this.#real.binaryType = type === "blob" ? "blob" : "arraybuffer";
  }

  send(data: Uint8Array<ArrayBuffer> | string): void {
    if (!this.#broken) this.#real?.send(data);
  }

  close(code?: number, reason?: string): void {
    this.#real?.close(code, reason);
  }

  addEventListener(type: "open" | "message" | "error" | "close", listener: Listener): void {
    if (type === "close") this.#closed.add(listener);
    this.#real?.addEventListener(type, (event) => {
      if (!this.#broken) listener(heard(event));
    });
  }

  break(): void {
    if (this.#broken) return;
    this.#broken = true;
    this.#real?.close();
    for (const listener of this.#closed) listener({ data: undefined, code: ABNORMAL, reason: "" });
  }
}
