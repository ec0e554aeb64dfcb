// A person's line to the server, which can be cut: the client learns of it at once, the server only later, as with a telephone that has
// left the network. While it is cut nothing goes through, neither sockets nor HTTP.
import type { Platform, Socket } from "@ferrule/worker/client";

type Listener = (event: never) => void;
/** The code of a connection that ended without a word (RFC 6455 section 7.4.1). */
const LOST = 1006;

/** The line of one client; `platform` is handed to `connect`. */
export class Line {
  readonly platform: Pick<Platform, "WebSocket" | "fetch">;
  #offline = false;
  #sockets = new Set<CutSocket>();

  constructor() {
    const line = this;
    this.platform = {
      WebSocket: class extends CutSocket {
        constructor(url: string, protocols: string[]) {
          super(url, protocols, line.#offline);
          line.#sockets.add(this);
          this.addEventListener("close", () => void line.#sockets.delete(this));
        }
      },
      fetch: (url, init) => (this.#offline ? Promise.reject(new TypeError("offline")) : fetch(url, init)),
    };
  }

  /** Cuts it; the server is told after `lateMs`. Until `mend` nothing goes through. */
  cut(lateMs: number): void {
    this.#offline = true;
    for (const socket of this.#sockets) socket.lose(lateMs);
    this.#sockets.clear();
  }

  mend(): void {
    this.#offline = false;
  }
}

/** A WebSocket that can be lost. */
class CutSocket implements Socket {
  readonly #socket: WebSocket | undefined;
  readonly #closing: Listener[] = [];
  #lost = false;

  constructor(url: string, protocols: string[], offline: boolean) {
    if (offline) setTimeout(() => this.lose(0));
    else this.#socket = new WebSocket(url, protocols);
  }

  set binaryType(type: "arraybuffer") {
    if (this.#socket !== undefined) this.#socket.binaryType = type;
  }

  /** What is sent on a line that is lost is lost too. */
  send(data: Uint8Array<ArrayBuffer> | string): void {
    if (!this.#lost) this.#socket?.send(data);
  }

  close(code?: number, reason?: string): void {
    this.#socket?.close(code, reason);
  }

  addEventListener(type: string, listener: Listener): void {
    if (type === "close") this.#closing.push(listener);
    this.#socket?.addEventListener(type, (event) => {
      if (!this.#lost) listener(event as never);
    });
  }

  /** Ends it for the client now, for the server after `lateMs`. */
  lose(lateMs: number): void {
    if (this.#lost) return;
    this.#lost = true;
    setTimeout(() => this.#socket?.close(), lateMs);
    for (const listener of this.#closing) listener({ code: LOST, reason: "" } as never);
  }
}
