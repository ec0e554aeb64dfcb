// A room of the simulated world: the server's side of PROTOCOL.md, as far as the client needs it, with faults.
import {
  batch,
  decode,
  ERROR_CODE,
  type ErrorName,
  EXT,
  encode,
  FEATURE,
  type Frame,
  type FrameInit,
  findExt,
  HISTORY_DIRECTION,
  RESET_REASON,
  ROLE,
  readFiles,
  SYSTEM_EVENT,
  uuidText,
  WELCOME_OUTCOME,
} from "@ferrule/core";
import { fileInfo } from "../file";
import type { Platform } from "../platform";
import { SimBuckets, SimLevels } from "./buckets";
import type { Clock } from "./clock";
import { SimCrowd } from "./crowd";
import { SimFiles } from "./files";
import { bytesOf, type LogEntry, type Outcome, SimLog, type WriteFrame } from "./log";
import type { Peer } from "./peer";
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

const GRANTED = FEATURE.PRESENCE | FEATURE.TYPING | FEATURE.RECEIPTS;

export class SimServer {
  epoch = Uint8Array.of(0xf3, 0xa1, 0xb2, 0xc4, 0xd5, 0xe6, 7, 0x18);
  faults: Faults = NO_FAULTS;
  latencyMs = 20;
  oldest = 1;
  /** Admissions last this long (ms), and their connections so much longer. */
  admissionMs = 900_000;
  graceMs = 30_000;
  /** Answers a frame in place of the room; false leaves it to the room. */
  intercept: (frame: Frame, peer: Peer) => boolean = () => false;
  /** Answer of the ticket route, when it is not a ticket. */
  door: { readonly status: number; readonly code: string } | undefined;
  readonly peers: Peer[] = [];
  /** HTTP requests, as "METHOD path". */
  readonly requests: string[] = [];
  readonly room = new SimLog();
  readonly crowd = new SimCrowd(() => this.open);
  readonly files = new SimFiles();
  /** Role numbers of those who are more than members. */
  readonly roles = new Map<string, number>();
  slowModeMs = 0;
  readonly #levels = new Map<string, SimLevels>();
  readonly #lastMessageAt = new Map<number, number>();
  readonly #refs = new Map<string, number>();
  readonly #clock: Clock;
  readonly #random: () => number;

  constructor(clock: Clock, random: () => number) {
    this.#clock = clock;
    this.#random = random;
  }

  get log(): readonly LogEntry[] {
    return this.room.entries;
  }

  /** Frames of clients that came inside a wait, and those that were dropped in silence: a right client causes none. */
  get faultsOfClients(): number {
    return this.peers.reduce((sum, { buckets }) => sum + buckets.strikes + buckets.dropped, 0);
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
      fetch: (url, init) => this.#fetch(new URL(url), init, user),
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
    this.#post(user, this.#uuid(), { body: { replyTo: 0, text } });
  }

  /** A message that comes by HTTP. */
  #post(user: string, id: string, message: Omit<Extract<FrameInit, { kind: "MSG" }>, "kind">): Outcome {
    const frame = decode("up", encode({ kind: "MSG", id: bytesOf(id), ...message })) as WriteFrame;
    const outcome = this.room.write(frame, this.#ref(user), id, false);
    if ("entry" in outcome && outcome.entry !== undefined && outcome.fresh) this.#broadcast(outcome.entry);
    return outcome;
  }

  /** A room event, by the room itself. */
  announce(event: number, text: string): void {
    if (event === SYSTEM_EVENT.SLOW_MODE) this.slowModeMs = Number(text);
    this.#broadcast(this.room.system(event, text));
  }

  /** Gives `user` another role: the open connections are told. */
  promote(user: string, role: number): void {
    this.roles.set(user, role);
    for (const peer of this.open) if (peer.user === user) this.#admit(peer, null);
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

  async #fetch(url: URL, init: RequestInit, user: string): Promise<Response> {
    const { method = "GET" } = init;
    this.requests.push(`${method} ${url.pathname}${url.search}`);
    if (this.#random() < this.faults.noTicket) throw new TypeError("fetch failed");
    const answer = await this.files.answer(url, init, (id, message) => this.#post(user, id, message));
    // it was done, and nobody hears of it
    if (answer !== undefined && this.#random() < this.faults.noTicket) throw new TypeError("fetch failed");
    if (answer !== undefined) return answer;
    if (url.pathname.endsWith("/messages")) return Response.json(this.#httpPage(url.searchParams));
    if (this.door === undefined) return Response.json({ ticket: "t.t", expiresAt: 0, url: "wss://sim/socket" });
    const { status, code } = this.door;
    return Response.json({ error: { code, message: code } }, { status });
  }

  #httpPage(query: URLSearchParams): unknown {
    const before = Number(query.get("before") ?? Number.MAX_SAFE_INTEGER);
    const all = [...this.room.messages.values()].filter(({ seq }) => seq < before);
    const rows = all.slice(-Number(query.get("limit")));
    const messages = rows.map(({ seq, ref, id, text, ext, editSeq, deleteSeq, reactions: all }) => {
      const author = { id: this.#name(ref), name: this.#name(ref).toUpperCase(), guest: false };
      const [editedAt, deletedAt] = [editSeq || null, deleteSeq || null];
      const reactions = [...all].map(([emoji, refs]) => ({ emoji, count: refs.size, mine: false }));
      const files = ext.flatMap((each) => readFiles(each) ?? []).map(fileInfo);
      return { seq, ts: seq, clientId: id, author, text, files, replyTo: null, editedAt, deletedAt, reactions };
    });
    return { messages, before: all.length > rows.length ? rows[0]!.seq : null, after: null, head: this.room.head };
  }

  #join(socket: SimSocket, user: string) {
    const levels = this.#levels.get(user) ?? new SimLevels();
    this.#levels.set(user, levels);
    const peer: Peer = {
      socket,
      user,
      ref: this.#ref(user),
      conn: this.peers.length + 1,
      buckets: new SimBuckets(levels),
      heard: [],
      live: false,
      features: 0,
      away: false,
      expiresAt: this.#clock.now() + this.admissionMs,
    };
    this.peers.push(peer);
    let expiry = this.#clock.setTimeout(expire, this.admissionMs + this.graceMs);
    const server = this;
    function expire() {
      const left = peer.expiresAt + server.graceMs - server.#clock.now();
      if (left <= 0) server.refuse(peer, "EXPIRED", null, 0, true);
      else expiry = server.#clock.setTimeout(expire, left);
    }
    return {
      handleMessage: (data: Uint8Array | string) => {
        if (this.#random() < this.faults.cutBefore) return socket.cut();
        this.#receive(data, peer);
        if (this.#random() < this.faults.cutAfter) socket.cut();
      },
      handleClose: () => {
        this.#clock.clearTimeout(expiry);
        if (!peer.live) return;
        peer.live = false;
        this.crowd.changed(peer);
      },
    };
  }

  #receive(data: Uint8Array | string, peer: Peer): void {
    if (typeof data === "string") {
      peer.heard.push(data);
      if (data === "ping") peer.socket.deliver("pong");
      return;
    }
    const frame = decode("up", data) as Frame;
    peer.heard.push(frame);
    if (findExt(frame, EXT.FILES) !== undefined) throw new Error("files in a frame: the room would drop them");
    if (this.intercept(frame, peer)) return;
    const wait = peer.buckets.take(frame.kind, data.length, this.#clock.now());
    if (wait === 0) this.#handle(frame, peer);
    else if (wait !== undefined) this.#limit(frame, wait, peer);
  }

  #limit({ kind, id }: Frame, wait: number, peer: Peer): void {
    peer.buckets.refuse(kind, wait, kind === "MSG" && this.slowModeMs > 0, this.#clock.now());
    this.refuse(peer, "RATE_LIMITED", id, wait);
  }

  #handle(frame: Frame, peer: Peer): void {
    switch (frame.kind) {
      case "HELLO":
        peer.features = frame.body.features & GRANTED;
        this.welcome(peer, frame.body.epoch, frame.body.lastSeq);
        break;
      case "MSG":
      case "EDIT":
      case "DELETE":
      case "REACT":
      case "UNREACT":
        this.#write(frame, peer);
        break;
      case "TYPING":
      case "PRESENCE":
      case "RECEIPT":
        this.crowd.handleFrame(frame, peer, this.room.head);
        break;
      case "HISTORY_REQ":
        this.#page(frame, peer);
        break;
      case "PEOPLE_REQ":
        peer.socket.deliver(this.#people(frame.id));
        break;
      case "AUTH_REFRESH":
        peer.expiresAt = this.#clock.now() + this.admissionMs;
        this.#admit(peer, frame.id);
        break;
      default:
        break;
    }
  }

  /** WELCOME, RESET if it must be, PEOPLE, who is here, and the replay. */
  welcome(peer: Peer, epoch: Uint8Array, lastSeq: number): void {
    const { head } = this.room;
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
    const ts = this.#clock.now();
    const { ref: selfRef, conn, expiresAt, features } = peer;
    const rest = { selfRef, conn, role: this.#role(peer), expiresAt, features, slowModeMs: this.slowModeMs };
    const windows = { windowSoft: 262_144, windowHard: 1_048_576 };
    const body = { outcome, ...common, ...rest, ...windows, roomId: "sim", title: "Sim" };
    peer.live = true;
    peer.socket.deliver(encode({ kind: "WELCOME", ts, body }));
    if (reason) peer.socket.deliver(encode({ kind: "RESET", ts, body: { reason, ...common } }));
    peer.socket.deliver(this.#people(null));
    for (const other of this.open) if (other !== peer) other.socket.deliver(this.#people(null));
    this.crowd.welcome(peer);
    this.crowd.changed(peer);
    const missed = this.log.slice(startSeq).map((entry) => this.room.frame(entry));
    for (const bytes of missed.length === 0 ? [] : batch(ts, missed, 65_536)) peer.socket.deliver(bytes);
  }

  /** Tells until when a connection is admitted, and as what; `id` when it was asked. */
  #admit(peer: Peer, id: Uint8Array | null): void {
    const body = { expiresAt: peer.expiresAt, role: this.#role(peer) };
    peer.socket.deliver(encode({ kind: "AUTH_REFRESH", ts: this.#clock.now(), id, body }));
  }

  #write(frame: WriteFrame, peer: Peer): void {
    const { ref, socket } = peer;
    const id = uuidText(frame.id!);
    const now = this.#clock.now();
    const role = this.#role(peer);
    if (frame.kind === "MSG" && this.slowModeMs > 0 && role === ROLE.MEMBER && !this.room.knows(ref, id)) {
      const wait = (this.#lastMessageAt.get(ref) ?? 0) + this.slowModeMs - now;
      if (wait > 0) {
        this.#limit(frame, wait, peer);
        return;
      }
    }
    const outcome = this.room.write(frame, ref, id, role >= ROLE.MODERATOR);
    if ("refusal" in outcome) {
      this.refuse(peer, outcome.refusal, frame.id);
      return;
    }
    if (outcome.fresh && frame.kind === "MSG") this.#lastMessageAt.set(ref, now);
    // The entry and its ACK may come in either order.
    const seq = outcome.entry?.seq ?? 0;
    const ack = encode({ kind: "ACK", id: frame.id, body: { status: outcome.status, seq, ts: seq } });
    const first = this.#random() < 0.5;
    if (first) socket.deliver(ack);
    if (outcome.fresh && outcome.entry !== undefined) this.#broadcast(outcome.entry);
    if (!first) socket.deliver(ack);
  }

  #broadcast({ frame }: LogEntry): void {
    for (const peer of this.open) {
      peer.socket.deliver(this.#people(null));
      peer.socket.deliver(frame);
      if (this.#random() < this.faults.repeat) peer.socket.deliver(frame);
    }
  }

  #page(frame: Extract<Frame, { kind: "HISTORY_REQ" }>, peer: Peer): void {
    const { direction, from, limit } = frame.body;
    const before = direction === HISTORY_DIRECTION.BEFORE;
    const held = this.log.filter(({ seq, kind }) => seq >= this.oldest && (kind === "MSG" || kind === "SYSTEM"));
    const all = held.filter(({ seq }) => (before ? from === 0 || seq < from : seq > from));
    const rows = before ? all.slice(-limit) : all.slice(0, limit);
    const flags = (all.length > rows.length ? 1 : 0) | (before && this.oldest > 1 ? 2 : 0);
    const [firstSeq, lastSeq] = [rows[0]?.seq ?? 0, rows.at(-1)?.seq ?? 0];
    const entries = rows.flatMap((entry) => {
      const tally = this.room.tally(entry.seq, peer.ref);
      return [this.room.frame(entry), ...(tally === undefined ? [] : [tally])];
    });
    const list = rows.length === 0 ? [] : [this.#people(null), ...entries];
    const body = { flags, asOf: this.room.head, firstSeq, lastSeq, list };
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

  #role({ user }: Peer): number {
    return this.roles.get(user) ?? ROLE.MEMBER;
  }

  #name(ref: number): string {
    return [...this.#refs].find(([, known]) => known === ref)![0];
  }

  #uuid(): string {
    return uuidText(Uint8Array.from({ length: 16 }, () => Math.floor(this.#random() * 256)));
  }
}

const uuidHex = (bytes: Uint8Array) => bytes.join();
