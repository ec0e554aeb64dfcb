// Sockets of an object that is not there: a wire with a client at one end and, at the other, a server socket that is a new thing after
// every sleep. Refuses what workerd refuses. Which object a wire leads to is fake-state.ts's matter.
import type { DurableSocketLike, StandardSocketLike } from "../platform";
import { cloneBytes } from "./clone-size";

/** Serialised bytes that a socket's attachment may have. */
export const ATTACHMENT_BYTES_MAX = 16_384;
const REASON_BYTES_MAX = 123;
const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

/** Close code and reason as one end was told them. */
export interface FakeClose {
  readonly code: number;
  readonly reason: string;
}

/** What happened at the client's end of a wire, for the object at the other. */
export interface FakeWireEvents {
  message(wire: FakeWire, data: string | ArrayBuffer): Promise<void>;
  close(wire: FakeWire, close: FakeClose, wasClean: boolean): Promise<void>;
}

/** What outlives a sleep of a socket, and its client. */
export class FakeWire {
  readonly client: FakeClient = new FakeClient(this);
  events: FakeWireEvents | undefined;
  /** 0 until accepted. */
  readyState: number = CONNECTING;
  /** Undefined in standard mode. */
  tags: readonly string[] | undefined;
  attachment: unknown = null;
  autoAnsweredAt: Date | null = null;
  /** The client has closed: an object that wakes from now on does not find the socket in its list. */
  ended = false;
}

/** The client's end. */
export class FakeClient {
  /** All that came, in order. */
  readonly frames: (string | ArrayBuffer)[] = [];
  /** What the server's close said; undefined while it has not closed. */
  closed: FakeClose | undefined;
  readonly #wire: FakeWire;

  constructor(wire: FakeWire) {
    this.#wire = wire;
  }

  /** The texts among the frames, parsed. */
  get messages(): unknown[] {
    return this.frames.filter((frame) => typeof frame === "string").map((frame): unknown => JSON.parse(frame));
  }

  /** Sends a frame; settles when the object's handler has dealt with it. */
  async send(data: string | ArrayBuffer): Promise<void> {
    if (this.#wire.readyState !== OPEN) throw new Error("this connection is closed");
    await this.#wire.events!.message(this.#wire, data);
  }

  /** Closes; settles when the object's handler has run. Without a code the object is told 1005, as on the wire. */
  async close(code?: number, reason = ""): Promise<void> {
    if (code !== undefined) checkClose(code, reason);
    await this.#end({ code: code ?? 1005, reason }, true);
  }

  /** Goes without a word, as when a network is lost: the object is told 1006. */
  async drop(): Promise<void> {
    await this.#end({ code: 1006, reason: "" }, false);
    this.#wire.readyState = CLOSED;
  }

  async #end(close: FakeClose, wasClean: boolean): Promise<void> {
    if (this.#wire.ended) return;
    this.#wire.ended = true;
    if (this.#wire.readyState === OPEN) this.#wire.readyState = CLOSING;
    await this.#wire.events!.close(this.#wire, close, wasClean);
  }
}

function checkClose(code: number, reason: string): void {
  if (
    code !== 1000 &&
    !(code >= 3000 && code <= 4999) &&
    !(code > 1000 && code < 1015 && ![1004, 1005, 1006].includes(code))
  )
    throw new DOMException(`invalid WebSocket close code ${code}`, "InvalidAccessError");
  if (new TextEncoder().encode(reason).length > REASON_BYTES_MAX)
    throw new DOMException(`a close reason has at most ${REASON_BYTES_MAX} bytes`, "SyntaxError");
}

type Listener = (event: never) => void;

/** The server's end, as one life of an object sees it. */
export class FakeSocket implements StandardSocketLike {
  readonly wire: FakeWire;
  /** "blob" is what workerd begins with from the compatibility date 2026-03-17 on; it matters in standard mode alone. */
  binaryType = "blob";
  readonly #isAwake: () => boolean;
  readonly #listeners: (readonly [type: string, listener: Listener])[] = [];

  constructor(wire: FakeWire, isAwake: () => boolean) {
    this.wire = wire;
    this.#isAwake = isAwake;
  }

  get readyState(): number {
    return this.wire.readyState;
  }

  send(message: string | ArrayBuffer): void {
    this.#check();
    if (this.readyState !== OPEN) throw new TypeError("Can't call WebSocket send() after close().");
    this.wire.client.frames.push(typeof message === "string" ? message : message.slice(0));
  }

  close(code?: number, reason = ""): void {
    this.#check();
    if (code !== undefined) checkClose(code, reason);
    if (this.wire.client.closed) return;
    this.wire.client.closed = { code: code ?? 1005, reason };
    this.wire.readyState = this.wire.ended ? CLOSED : CLOSING;
    // The client answers with the same code, a moment later, as browsers do.
    if (!this.wire.ended) queueMicrotask(() => void this.#answer(code ?? 1005, reason));
  }

  async #answer(code: number, reason: string): Promise<void> {
    if (this.wire.ended) return;
    this.wire.ended = true;
    await this.wire.events!.close(this.wire, { code, reason }, true);
    this.wire.readyState = CLOSED;
  }

  serializeAttachment(attachment: unknown): void {
    this.#check();
    const copy: unknown = structuredClone(attachment);
    const bytes = cloneBytes(copy);
    if (bytes > ATTACHMENT_BYTES_MAX)
      throw new Error(`a WebSocket attachment has at most ${ATTACHMENT_BYTES_MAX} bytes, this one has ${bytes}`);
    this.wire.attachment = copy;
  }

  deserializeAttachment(): unknown {
    this.#check();
    return structuredClone(this.wire.attachment);
  }

  /** Standard mode: events go to listeners. */
  accept(): void {
    this.#check();
    if (this.readyState !== CONNECTING) throw new TypeError("this socket was accepted before");
    this.wire.readyState = OPEN;
  }

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.push([type, listener]);
  }

  /** Hands an event of standard mode to its listeners. */
  emit(type: "message" | "close", event: object): void {
    for (const [wanted, listener] of this.#listeners) if (wanted === type) listener(event as never);
  }

  #check(): void {
    if (!this.#isAwake()) throw new Error("this socket belongs to a life of the object that has ended");
  }
}

/** The fake behind a socket that the platform's type hides. */
export function wireOf(socket: DurableSocketLike): FakeWire {
  if (!(socket instanceof FakeSocket)) throw new TypeError("this socket is not of a FakeDurableState");
  return socket.wire;
}

/** Marks a wire as accepted for hibernation. */
export function acceptWire(wire: FakeWire, tags: readonly string[]): void {
  if (wire.readyState !== CONNECTING) throw new TypeError("this socket was accepted before");
  wire.readyState = OPEN;
  wire.tags = tags;
}
