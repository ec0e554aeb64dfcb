// A room of the simulated world: the server's side of PROTOCOL.md, as far as the client needs it, with faults.
import {
  ACK_STATUS,
  batch,
  decode,
  ERROR_CODE,
  type ErrorName,
  encode,
  type Frame,
  HISTORY_DIRECTION,
  RESET_REASON,
  uuidText,
  WELCOME_OUTCOME,
} from "@ferrule/core";
import type { Platform } from "../platform";
import type { Clock } from "./clock";
import { SimSocket } from "./socket";

/** What goes wrong, each a chance per message (0 to 1). */
export interface Faults {
  /** The line breaks before a message of the client is handled. */
  readonly cutBefore: number;
  /** The line breaks after it was handled, so its answer is lost. */
  readonly cutAfter: number;
  /** A broadcast is sent twice. */
  readonly repeat: number;
  /** A ticket request is not answered. */
  readonly noTicket: number;
}

export const NO_FAULTS: Faults = { cutBefore: 0, cutAfter: 0, repeat: 0, noTicket: 0 };

/** One stored message. */
export interface LogEntry {
  readonly seq: number;
  readonly ref: number;
  readonly id: string;
  readonly text: string;
  readonly frame: Uint8Array;
}

/** One connection, as the server sees it. */
export interface Peer {
  readonly socket: SimSocket;
  readonly user: string;
  /** Everything that came up, in order. */
  readonly heard: (Frame | string)[];
  live: boolean;
}

export class SimServer {
  epoch = Uint8Array.of(0xf3, 0xa1, 0xb2, 0xc4, 0xd5, 0xe6, 7, 0x18);
  faults: Faults = NO_FAULTS;
  latencyMs = 20;
  oldest = 1;
  /** Answers a frame in place of the room; false leaves it to the room. */
  intercept: (frame: Frame, peer: Peer) => boolean = () => false;
  /** Answer of the ticket route, when it is not a ticket. */
  door: { readonly status: number; readonly code: string } | undefined;
  readonly log: LogEntry[] = [];
  readonly peers: Peer[] = [];
  /** HTTP requests, as "METHOD path". */
  readonly requests: string[] = [];
  readonly #refs = new Map<string, number>();
  readonly #clock: Clock;
  readonly #random: () => number;

  constructor(clock: Clock, random: () => number) {
    this.#clock = clock;
    this.#random = random;
  }

  /** The world of one client of this server, signed in as `user`. */
  platform(user: string): Platform {
    const server = this;
    const { now, setTimeout, clearTimeout } = this.#clock;
    return {
      now,
      setTimeout,
      clearTimeout,
      random: this.#random,
      uuid: () => this.#uuid(),
      onOnline: () => () => {},
      storage: undefined,
      fetch: (url, init) => this.#fetch(new URL(url), init.method ?? "GET"),
      WebSocket: class extends SimSocket {
        constructor() {
          super(server.#clock, () => 1 + server.#random() * server.latencyMs);
          this.accept(() => server.#join(this, user));
        }
      },
    };
  }

  /** Writes as `user` from elsewhere. */
  post(user: string, text: string): void {
    this.#store(this.#ref(user), this.#uuid(), 0, text);
  }

  /** Connections that are open. */
  get open(): Peer[] {
    return this.peers.filter((peer) => peer.live);
  }

  /** Refuses with ERROR, and closes when `close` says so. */
  refuse(peer: Peer, name: ErrorName, id: Uint8Array | null, retryAfterMs = 0, close = false): void {
    const code = ERROR_CODE[name];
    peer.socket.deliver(encode({ kind: "ERROR", id, ts: this.#clock.now(), body: { code, retryAfterMs, text: name } }));
    if (close) peer.socket.finish(4000 + code);
  }

  async #fetch(url: URL, method: string): Promise<Response> {
    this.requests.push(`${method} ${url.pathname}${url.search}`);
    if (this.#random() < this.faults.noTicket) throw new TypeError("fetch failed");
    if (url.pathname.endsWith("/messages")) return Response.json(this.#httpPage(url.searchParams));
    if (this.door === undefined) return Response.json({ ticket: "t.t", expiresAt: 0, url: "wss://sim/socket" });
    const { status, code } = this.door;
    return Response.json({ error: { code, message: code } }, { status });
  }

  #httpPage(query: URLSearchParams): unknown {
    const before = Number(query.get("before") ?? Number.MAX_SAFE_INTEGER);
    const all = this.log.filter((entry) => entry.seq < before);
    const rows = all.slice(-Number(query.get("limit")));
    const messages = rows.map(({ seq, ref, id, text }) => {
      const author = { id: this.#name(ref), name: this.#name(ref).toUpperCase(), guest: false };
      return { seq, ts: seq, clientId: id, author, text, replyTo: null, editedAt: null, deletedAt: null };
    });
    return { messages, before: all.length > rows.length ? rows[0]!.seq : null, after: null, head: this.log.length };
  }

  #join(socket: SimSocket, user: string) {
    const peer: Peer = { socket, user, heard: [], live: false };
    this.peers.push(peer);
    return {
      handleMessage: (data: Uint8Array | string) => {
        if (this.#random() < this.faults.cutBefore) return socket.cut();
        if (typeof data === "string") {
          peer.heard.push(data);
          if (data === "ping") socket.deliver("pong");
        } else {
          const frame = decode("up", data) as Frame;
          peer.heard.push(frame);
          if (!this.intercept(frame, peer)) this.#handle(frame, peer);
        }
        if (this.#random() < this.faults.cutAfter) socket.cut();
      },
      handleClose: () => {
        peer.live = false;
      },
    };
  }

  #handle(frame: Frame, peer: Peer): void {
    if (frame.kind === "HELLO") this.welcome(peer, frame.body.epoch, frame.body.lastSeq);
    else if (frame.kind === "MSG") this.#write(frame, peer);
    else if (frame.kind === "HISTORY_REQ") this.#page(frame, peer);
    else if (frame.kind === "PEOPLE_REQ") peer.socket.deliver(this.#people(frame.id));
  }

  /** WELCOME, RESET if it must be, PEOPLE, and the replay. */
  welcome(peer: Peer, epoch: Uint8Array, lastSeq: number): void {
    const head = this.log.length;
    const fresh = epoch.every((byte) => byte === 0);
    const same = uuidHex(epoch) === uuidHex(this.epoch);
    const reason = fresh
      ? 0
      : !same
        ? RESET_REASON.EPOCH_CHANGED
        : lastSeq > head
          ? RESET_REASON.AHEAD
          : lastSeq < this.oldest - 1
            ? RESET_REASON.TRIMMED
            : 0;
    const outcome = fresh ? WELCOME_OUTCOME.FRESH : reason ? WELCOME_OUTCOME.RESET : WELCOME_OUTCOME.RECOVERED;
    const startSeq = outcome === WELCOME_OUTCOME.RECOVERED ? lastSeq : head;
    const common = { epoch: this.epoch, headSeq: head, oldestSeq: this.oldest, startSeq };
    const selfRef = this.#ref(peer.user);
    const ts = this.#clock.now();
    const rest = { conn: this.peers.length, role: 1, expiresAt: ts + 900_000, features: 0, slowModeMs: 0 };
    const windows = { windowSoft: 262_144, windowHard: 1_048_576 };
    const body = { outcome, ...common, selfRef, ...rest, ...windows, roomId: "sim", title: "Sim" };
    peer.socket.deliver(encode({ kind: "WELCOME", ts, body }));
    if (reason) peer.socket.deliver(encode({ kind: "RESET", ts, body: { reason, ...common } }));
    peer.socket.deliver(this.#people(null));
    const missed = this.log.slice(startSeq).map((entry) => entry.frame);
    for (const bytes of missed.length === 0 ? [] : batch(ts, missed, 65_536)) peer.socket.deliver(bytes);
    peer.live = true;
  }

  #write(frame: Extract<Frame, { kind: "MSG" }>, peer: Peer): void {
    const ref = this.#ref(peer.user);
    const id = uuidText(frame.id!);
    const old = this.log.find((entry) => entry.ref === ref && entry.id === id);
    const entry = old ?? this.#store(ref, id, frame.body.replyTo, frame.body.text);
    const status = old === undefined ? ACK_STATUS.STORED : ACK_STATUS.DUPLICATE;
    peer.socket.deliver(encode({ kind: "ACK", id: frame.id, body: { status, seq: entry.seq, ts: entry.seq } }));
  }

  #store(ref: number, id: string, replyTo: number, text: string): LogEntry {
    const seq = this.log.length + 1;
    const bytes = Uint8Array.from(id.replaceAll("-", "").match(/../g)!, (digits) => Number.parseInt(digits, 16));
    const frame = encode({ kind: "MSG", seq, ts: seq, id: bytes, sender: ref, body: { replyTo, text } });
    const entry = { seq, ref, id, text, frame };
    this.log.push(entry);
    for (const peer of this.open) {
      peer.socket.deliver(this.#people(null));
      peer.socket.deliver(frame);
      if (this.#random() < this.faults.repeat) peer.socket.deliver(frame);
    }
    return entry;
  }

  #page(frame: Extract<Frame, { kind: "HISTORY_REQ" }>, peer: Peer): void {
    const { direction, from, limit } = frame.body;
    const before = direction === HISTORY_DIRECTION.BEFORE;
    const held = this.log.slice(this.oldest - 1);
    const all = held.filter(({ seq }) => (before ? from === 0 || seq < from : seq > from));
    const rows = before ? all.slice(-limit) : all.slice(0, limit);
    const flags = (all.length > rows.length ? 1 : 0) | (before && this.oldest > 1 ? 2 : 0);
    const [firstSeq, lastSeq] = [rows[0]?.seq ?? 0, rows.at(-1)?.seq ?? 0];
    const list = rows.length === 0 ? [] : [this.#people(null), ...rows.map((entry) => entry.frame)];
    const body = { flags, asOf: this.log.length, firstSeq, lastSeq, list };
    peer.socket.deliver(encode({ kind: "HISTORY_PAGE", id: frame.id, body }));
  }

  #people(id: Uint8Array | null): Uint8Array {
    const list = [...this.#refs].map(([user, ref]) => ({ ref, flags: 0, userId: user, name: user.toUpperCase() }));
    return encode({ kind: "PEOPLE", id, body: { list } });
  }

  #ref(user: string): number {
    const ref = this.#refs.get(user) ?? this.#refs.size + 1;
    this.#refs.set(user, ref);
    return ref;
  }

  #name(ref: number): string {
    return [...this.#refs].find(([, known]) => known === ref)![0];
  }

  #uuid(): string {
    return uuidText(Uint8Array.from({ length: 16 }, () => Math.floor(this.#random() * 256)));
  }
}

const uuidHex = (bytes: Uint8Array) => bytes.join();
