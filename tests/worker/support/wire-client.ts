// A client written from PROTOCOL.md alone (R67): its reader and writer are the oracle's, and nothing of @ferrule/core or of the client
// library is in it. What it keeps is what section 8.5 asks for; what it checks of every frame is what section 10 promises.
import { type Answer, type Decoded, readWire } from "../../oracle/wire-reader.ts";
import { str, UP, varint, writeFrame } from "../../oracle/wire-writer.ts";

/** Bits of HELLO and WELCOME. */
export const WANTS = { PRESENCE: 2, TYPING: 4, RECEIPTS: 8 } as const;
const MAX_FRAME = 1_048_576;
const CREDIT_STEP_BYTES = 65_536;
const WAIT_MS = 15_000;
const POLL_MS = 2;
const LOGGED = ["MSG", "EDIT", "DELETE", "REACT", "UNREACT", "SYSTEM"];

/** Where a client stands: the epoch as hexadecimal digits, and the last logged seq that it handled. */
export interface Cursor {
  epoch: string;
  seq: number;
}

const NOWHERE: Cursor = { epoch: "0000000000000000", seq: 0 };
let ids = 0;

const epochBytes = (epoch: string): number[] => (epoch.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16));

/** One connection. */
export class WireClient {
  /** Frames that nobody has taken yet, those of BATCHes one by one. */
  readonly #came: Decoded[] = [];
  readonly cursor: Cursor;
  /** How often something came that may not: must stay empty. */
  readonly faults: string[] = [];
  /** Bytes of binary messages that came, all handled. */
  bytes = 0;
  /** Messages that came with LZ4 set. */
  compressed = 0;
  closed: number | undefined;
  /** Whether it says by itself what it has handled. */
  credits = true;
  readonly #socket: WebSocket;
  readonly #known = new Set<number>([0]);
  #credited = 0;

  constructor(socket: WebSocket, cursor: Cursor = NOWHERE) {
    this.#socket = socket;
    this.cursor = { ...cursor };
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", ({ data }) => {
      if (data instanceof ArrayBuffer) this.#take(new Uint8Array(data));
    });
    socket.addEventListener("close", ({ code }) => {
      this.closed = code;
    });
    socket.accept();
  }

  /** Sends a frame; answers its id, a new one unless given, or null for kinds that have none. */
  send(kind: keyof typeof UP, body: readonly number[], id: string | null = null): string | null {
    this.#socket.send(writeFrame(UP[kind], body, id));
    return id;
  }

  hello(features: number): void {
    const { epoch, seq } = this.cursor;
    this.send("HELLO", [
      ...epochBytes(epoch),
      ...varint(seq),
      ...varint(features),
      ...varint(MAX_FRAME),
      ...str("wire/1"),
    ]);
  }

  /** A new client message id. */
  static id(): string {
    ids += 1;
    return ids.toString(16).padStart(32, "a");
  }

  say(text: string, id = WireClient.id(), replyTo = 0): string {
    this.send("MSG", [...varint(replyTo), ...str(text)], id);
    return id;
  }

  /** Takes the next frame of a kind, and of this id when one is named; others before it stay. */
  async next(kind: string, id?: string): Promise<Decoded> {
    const until = Date.now() + WAIT_MS;
    for (;;) {
      const at = this.#came.findIndex((frame) => frame.kind === kind && (id === undefined || frame.id === id));
      if (at >= 0) return this.#came.splice(at, 1)[0]!;
      if (Date.now() > until) throw new Error(`no ${kind} came; there are ${this.#came.map(({ kind }) => kind)}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Whether such a frame has come and was not taken. */
  has(kind: string): boolean {
    return this.#came.some((frame) => frame.kind === kind);
  }

  /** Says that everything that came was handled. */
  credit(): void {
    this.#credited = this.bytes;
    this.send("CREDIT", varint(this.bytes));
  }

  /** Cuts the line as seen from here: what comes later is nobody's. */
  cut(): Cursor {
    this.#socket.close(1000);
    return { ...this.cursor };
  }

  #take(bytes: Uint8Array): void {
    this.bytes += bytes.length;
    if ((bytes[3]! & 1) !== 0) this.compressed += 1;
    this.#handle(readWire("down", bytes));
    if (this.credits && this.bytes - this.#credited >= CREDIT_STEP_BYTES / 2) this.credit();
  }

  #handle(answer: Answer): void {
    if ("error" in answer) this.faults.push(answer.error);
    else if ("decoded" in answer) this.#frame(answer.decoded);
  }

  #frame(frame: Decoded): void {
    const { kind, body } = frame;
    if (kind === "BATCH") {
      for (const inner of body["list"] as unknown as readonly Decoded[]) this.#frame(inner);
      return;
    }
    if (kind === "PEOPLE") for (const { ref } of body["list"] as readonly { ref: number }[]) this.#known.add(ref);
    if (kind === "WELCOME" || kind === "RESET") {
      this.cursor.epoch = String(body["epoch"]);
      this.cursor.seq = Number(body["startSeq"]);
    }
    if (!this.#known.has(frame.sender)) this.faults.push(`${kind} of ${frame.sender}, who was not introduced`);
    if (LOGGED.includes(kind)) {
      if (frame.seq !== this.cursor.seq + 1) this.faults.push(`seq ${frame.seq} after ${this.cursor.seq}`);
      this.cursor.seq = frame.seq;
    }
    this.#came.push(frame);
  }
}
