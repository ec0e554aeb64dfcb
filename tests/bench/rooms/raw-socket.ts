// A WebSocket client (RFC 6455) on a bare TCP socket, as cheap as one can be, so that the load generator costs every contender the
// same: no masking work (the key is zero), one read buffer for all sockets, no copy of what comes. For servers that are trusted.
import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** What a message is: RFC 6455 section 5.2. */
const OPCODE = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
const FIN = 0x80;
const MASKED = 0x80;
const KEY_BYTES = 4;
/** The greatest payload length that stands in the second byte; 126 and 127 say that it follows in two or eight bytes. */
const LENGTH_IN_HEAD_MAX = 125;
const READ_BYTES = 1 << 20;

/** All reads of this process land here and are handled before the next one. */
const readBuffer = Buffer.allocUnsafe(READ_BYTES);

/** Takes a whole message and the socket it came on; the bytes are good during the call only. */
export type Receiver = (message: Buffer, socket: RawSocket, text: boolean) => void;

/** Where to, and what to offer. */
export interface Address {
  readonly port: number;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An open WebSocket. */
export class RawSocket {
  /** Bytes that came since the upgrade, frame heads included. */
  bytes = 0;
  /** Whether the other side, or an error, has ended it. */
  ended = false;
  readonly #receive: Receiver;
  readonly #socket: Socket;
  /** The beginning of a frame whose end has not come yet. */
  #rest: Buffer = Buffer.alloc(0);
  #upgraded = false;
  #answer = "";

  private constructor({ port, path, headers }: Address, receive: Receiver) {
    this.#receive = receive;
    this.#socket = connect({
      port,
      host: "127.0.0.1",
      noDelay: true,
      onread: {
        buffer: readBuffer,
        callback: (count) => {
          this.#read(readBuffer.subarray(0, count));
          return true;
        },
      },
    });
    this.#socket.on("error", ({ message }) => {
      this.#answer += message;
      this.#end();
    });
    this.#socket.on("close", () => this.#end());
    const lines = Object.entries({
      host: `127.0.0.1:${port}`,
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "MDEyMzQ1Njc4OWFiY2RlZg==",
      ...headers,
    }).map(([name, value]) => `${name}: ${value}`);
    this.#socket.write(`GET ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
  }

  /** Opens one; throws what the server answered when it did not upgrade. `receive` gets the first message already. */
  static async open(address: Address, receive: Receiver): Promise<RawSocket> {
    const raw = new RawSocket(address, receive);
    while (!raw.#upgraded) {
      if (raw.ended) throw new Error(`no socket at ${address.path}: ${raw.#answer}`);
      await once(raw.#socket, "upgraded");
    }
    return raw;
  }

  sendText(text: string): void {
    this.#send(OPCODE.text, Buffer.from(text));
  }

  /** The same message `times` times in one write, so that sending costs the generator next to nothing. */
  sendTexts(text: string, times: number): void {
    const frame = frameOf(OPCODE.text, Buffer.from(text));
    this.#socket.write(Buffer.alloc(frame.length * times, frame));
  }

  sendBinary(bytes: Uint8Array): void {
    this.#send(OPCODE.binary, bytes);
  }

  /** Ends the TCP connection without a word, as a lost line does. */
  cut(): void {
    this.#socket.destroy();
  }

  #end(): void {
    this.ended = true;
    this.#socket.emit("upgraded");
  }

  #send(opcode: number, payload: Uint8Array): void {
    this.#socket.write(frameOf(opcode, payload));
  }

  #read(data: Buffer): void {
    let from = 0;
    if (!this.#upgraded) {
      const end = data.indexOf("\r\n\r\n");
      this.#answer += data.toString("latin1");
      if (end < 0) return;
      if (!this.#answer.startsWith("HTTP/1.1 101")) {
        this.#socket.destroy();
        return;
      }
      this.#upgraded = true;
      this.#socket.emit("upgraded");
      from = end + 4;
    }
    this.bytes += data.length - from;
    const whole = this.#rest.length === 0 ? data.subarray(from) : Buffer.concat([this.#rest, data.subarray(from)]);
    const used = this.#frames(whole);
    this.#rest = used === whole.length ? Buffer.alloc(0) : Buffer.from(whole.subarray(used));
  }

  /** Hands on every whole frame and answers how many bytes they were. */
  #frames(data: Buffer): number {
    let at = 0;
    while (data.length - at >= 2) {
      let head = 2;
      let length = data[at + 1]! & 0x7f;
      if (length > LENGTH_IN_HEAD_MAX) {
        head = length === LENGTH_IN_HEAD_MAX + 1 ? 4 : 10;
        if (data.length - at < head) break;
        length = head === 4 ? data.readUInt16BE(at + 2) : Number(data.readBigUInt64BE(at + 2));
      }
      if (data.length - at < head + length) break;
      this.#take(data[at]!, data.subarray(at + head, at + head + length));
      at += head + length;
    }
    return at;
  }

  #take(first: number, payload: Buffer): void {
    const opcode = first & 0x0f;
    if ((first & FIN) === 0) throw new Error("a message in several frames");
    if (opcode === OPCODE.ping) this.#send(OPCODE.pong, Buffer.from(payload));
    else if (opcode === OPCODE.close) this.#socket.destroy();
    else this.#receive(payload, this, opcode === OPCODE.text);
  }
}

/** A masked frame of a whole message; the key is zero. */
function frameOf(opcode: number, payload: Uint8Array): Buffer {
  const { length } = payload;
  const extended = length <= LENGTH_IN_HEAD_MAX ? 0 : 2;
  const frame = Buffer.alloc(2 + extended + KEY_BYTES + length);
  frame[0] = FIN | opcode;
  frame[1] = MASKED | (extended === 0 ? length : LENGTH_IN_HEAD_MAX + 1);
  if (extended !== 0) frame.writeUInt16BE(length, 2);
  frame.set(payload, 2 + extended + KEY_BYTES);
  return frame;
}
