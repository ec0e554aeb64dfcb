// One person's socket in the big room: every frame is decoded and checked by the core, every entry of the log must be the one after the
// last, every message of its own must be acknowledged. It keeps numbers only, so that a process can hold a thousand of them.
import { decode, encode, encodeText, FEATURE, type Frame } from "@ferrule/core";
import { type Address, RawSocket } from "../bench/rooms/raw-socket.ts";

/** Half of what PROTOCOL.md section 11 asks for at least. */
const CREDIT_BYTES = 32_768;

/** A message of one's own that is stored. Times in ms of the machine's steady clock. */
export interface Stored {
  readonly seq: number;
  readonly sentAt: number;
  readonly ackAt: number;
}

/** What a client tells whoever holds it. */
export interface Listener {
  /** This client has the entry `seq` now. */
  entry(seq: number): void;
  stored(message: Stored): void;
  /** What must not happen. */
  problem(what: string): void;
}

/** Ms of the clock that all processes of this machine share. */
export const steadyMs = (): number => Number(process.hrtime.bigint()) / 1e6;

const hello = encode({
  kind: "HELLO",
  body: { epoch: new Uint8Array(8), lastSeq: 0, features: FEATURE.PRESENCE, maxFrame: 1 << 20, client: "load/1" },
});

/** A client that has said HELLO. */
export class LightClient {
  /** Seq of the newest entry it has; -1 before WELCOME. */
  at = -1;
  /** How many connections the room says are here. */
  connections = 0;
  /** Messages of its own that are not acknowledged. */
  waiting = 0;
  readonly #listener: Listener;
  readonly #sent = new Map<string, number>();
  #socket: RawSocket | undefined;
  #handled = 0;
  #told = 0;

  constructor(listener: Listener) {
    this.#listener = listener;
  }

  /** Opens it; resolves when the room has said WELCOME. */
  static async open(address: Address, listener: Listener): Promise<LightClient> {
    const client = new LightClient(listener);
    await new Promise<void>((resolve, reject) => {
      const receive = (message: Buffer, socket: RawSocket, text: boolean): void => {
        if (!text) client.#receive(message, socket, resolve);
      };
      RawSocket.open(address, receive).then((socket) => {
        client.#socket = socket;
        socket.sendBinary(hello);
      }, reject);
    });
    return client;
  }

  /** Whether the line has ended. */
  get ended(): boolean {
    return this.#socket?.ended ?? true;
  }

  /** Sends a message; its id is 16 bytes that nobody uses twice. */
  say(id: Uint8Array, text: string): void {
    this.waiting += 1;
    this.#sent.set(Buffer.from(id).toString("hex"), steadyMs());
    this.#socket?.sendBinary(encodeText("MSG", id, 0, text));
  }

  cut(): void {
    this.#socket?.cut();
  }

  #receive(message: Buffer, socket: RawSocket, welcome: () => void): void {
    this.#take(decode("down", message), welcome);
    this.#handled += message.length;
    if (this.#handled - this.#told < CREDIT_BYTES) return;
    this.#told = this.#handled;
    socket.sendBinary(encode({ kind: "CREDIT", body: { consumed: this.#handled } }));
  }

  #take(frame: ReturnType<typeof decode>, welcome: () => void): void {
    if ("skip" in frame) this.#listener.problem("a frame of a kind that nobody knows");
    else if (frame.kind === "BATCH") for (const inner of frame.body.list) this.#take(inner, welcome);
    else if (frame.kind === "ACK") this.#acknowledged(frame);
    else if (frame.kind === "ERROR") this.#listener.problem(`ERROR ${frame.body.code}: ${frame.body.text}`);
    else if (frame.kind === "WELCOME") {
      if (this.at >= 0) this.#listener.problem("WELCOME twice");
      this.at = frame.body.startSeq;
      welcome();
    } else if (frame.kind === "PRESENCE" && "connections" in frame.body) this.connections = frame.body.connections;
    else if (frame.kind === "RESET") this.#listener.problem("RESET");
    else if (frame.seq > 0) this.#entry(frame.seq);
  }

  #entry(seq: number): void {
    if (seq !== this.at + 1) this.#listener.problem(`entry ${seq} behind ${this.at}`);
    this.at = Math.max(this.at, seq);
    this.#listener.entry(seq);
  }

  #acknowledged({ id, body }: Extract<Frame, { kind: "ACK" }>): void {
    const key = id === null ? "" : Buffer.from(id).toString("hex");
    const sentAt = this.#sent.get(key);
    if (sentAt === undefined || body.status !== 0) {
      this.#listener.problem(`ACK ${body.status} for ${key}`);
      return;
    }
    this.#sent.delete(key);
    this.waiting -= 1;
    this.#listener.stored({ seq: body.seq, sentAt, ackAt: steadyMs() });
  }
}
