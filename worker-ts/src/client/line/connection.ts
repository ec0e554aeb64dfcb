// One room's connection as a machine without I/O: bytes, times and failures come in; orders and news go out.
import {
  decode,
  ERROR_CODE,
  encode,
  type Frame,
  LIMIT,
  RESET_REASON,
  WELCOME_OUTCOME,
  type WelcomeFrame,
} from "@ferrule/core";
import type { ResetReason } from "../events";
import { fromHex, toHex } from "../hex";
import { RoomError } from "../room-error";
import { Credit } from "./credit";
import type { Cursor, News, Order } from "./news";
import { backoffMs, closeError, codeOf, holdUntil, type Remedy, remedyOf } from "./reconnect";
import { Refresh } from "./refresh";

/** From the order to dial until WELCOME; longer than that and the line is given up. */
const DIAL_TIMEOUT_MS = 15_000;

/** A line that was open for less than this is never redialled at once: a server that ends every line would be hammered. */
const AT_ONCE_AFTER_MS = 1_000;

const CLOSED_UNAUTHENTICATED = 4000 + ERROR_CODE.UNAUTHENTICATED;

/** With more than this (bytes) not handled by the application, there is no new line: each one would bring it more. */
const BACKLOG_MAX = LIMIT.WINDOW_SOFT_BYTES;

const RESET_NAMES: Record<number, ResetReason> = {
  [RESET_REASON.EPOCH_CHANGED]: "epoch_changed",
  [RESET_REASON.TRIMMED]: "trimmed",
  [RESET_REASON.TOO_FAR]: "too_far",
  [RESET_REASON.AHEAD]: "ahead",
};

export interface ConnectionOptions {
  /** 0 ≤ x < 1, for jitter. */
  readonly random: () => number;
  /** A random UUID, for frames that are answered. */
  readonly uuid: () => string;
  /** Name and version, for the server's logs. */
  readonly client: string;
  /** A set of FEATURE bits: what the room is asked to tell. */
  readonly features: number;
  readonly resume?: Cursor | undefined;
}

/**
 * `idle`, then `dialing` (ticket and handshake), `greeting` (HELLO sent), `resetting` (WELCOME came, RESET must follow),
 * `open`; after a failure `waiting` or `stopped`; `ended` for good.
 *
 * Order of calls: any `handle*` or command; then `pollOrder` and `pollNews` until both are empty; then wait for the
 * world, or until `pollTimeout`, and call `handleTimeout`. Where `now` falls, `handleClockBack` comes first. Events of a
 * socket that was hung up must not be handed in.
 */
export class Connection {
  #phase: "idle" | "dialing" | "greeting" | "resetting" | "open" | "waiting" | "stopped" | "ended" = "idle";
  #orders: Order[] = [];
  #news: News[] = [];
  readonly #options: ConnectionOptions;
  /** Counts dials, so that bytes of an older socket are not credited on a newer one. */
  #line = 0;
  #epoch: Uint8Array = new Uint8Array(8);
  /** The last logged seq taken in (perhaps not handled yet): what HELLO says. */
  #received = 0;
  #tries = 0;
  #bugs = 0;
  #openedAt: number | undefined;
  #told: RoomError | undefined;
  /** End of the wait, of the dial, or next ping, by phase. */
  #timer = 0;
  #pongBy: number | undefined;
  #credit = new Credit();
  #refresh = new Refresh();
  /** Bytes of messages, on whatever line they came, that the application has not handled. */
  #backlog = 0;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    // Kept by the caller, who knows where: what is no cursor is none.
    const { epoch: digits, seq } = options.resume ?? { epoch: "", seq: 0 };
    const epoch = fromHex(String(digits));
    if (epoch?.length === 8 && epoch.some((byte) => byte !== 0) && Number.isSafeInteger(seq) && seq >= 0) {
      this.#epoch = epoch;
      this.#received = seq;
    }
  }

  /** Whether frames may be sent. */
  get open(): boolean {
    return this.#phase === "open";
  }

  handleStart(now: number): void {
    if (this.#phase === "idle") this.#dial(now);
  }

  /** The socket is open, with our subprotocol chosen. */
  handleOpen(): void {
    if (this.#phase !== "dialing") return;
    this.#phase = "greeting";
    const body = {
      epoch: this.#epoch,
      lastSeq: this.#received,
      features: this.#options.features,
      maxFrame: LIMIT.FRAME_DOWN_BYTES_MAX,
      client: this.#options.client,
    };
    this.#orders.push({ do: "send", data: encode({ kind: "HELLO", body }) });
  }

  /** The room could not be reached; a fatal error means that trying again is of no use. */
  handleDialFailed(error: RoomError, now: number): void {
    if (this.#phase === "dialing") this.#lose(error, error.fatal ? "stop" : "back-off", now);
  }

  handleClose(code: number, reason: string, now: number): void {
    if (this.#phase !== "dialing" && !this.#hasSocket) return;
    // A ticket that took too long on its way is refused like a session that has ended: a new one tells which it was.
    const doubtful = code === CLOSED_UNAUTHENTICATED && this.#refresh.underWay;
    this.#lose(closeError(code, reason, this.#told), doubtful ? "back-off" : remedyOf(code), now);
  }

  /** One message of the socket. Text is the answer to a ping, or nothing we know. */
  handleMessage(data: Uint8Array | string, now: number): void {
    if (!this.#hasSocket) return;
    this.#pongBy = undefined;
    if (typeof data === "string") return;
    const line = this.#line;
    try {
      const frame = decode("down", data);
      if ("skip" in frame || frame.kind !== "BATCH") this.#take(frame, now);
      else for (const inner of frame.body.list) this.#take(inner, now);
    } catch (cause) {
      this.#distrust(`a frame that cannot be read: ${cause}`, now);
    }
    this.#backlog += data.length;
    this.#news.push({ type: "end", line, bytes: data.length });
  }

  /** The ticket of an order `take-ticket`. */
  handleTicket(ticket: string, now: number): void {
    this.#refresh.handleTicket(ticket, this.#options.uuid(), now);
    this.#control(now);
  }

  /** There was none: tried again for as long as the room admits us. */
  handleNoTicket(now: number): void {
    this.#refresh.handleFailed(now, this.#options.random());
  }

  handleTimeout(now: number): void {
    this.#control(now);
    if (this.#pongBy !== undefined && now >= this.#pongBy) {
      this.#drop(ERROR_CODE.NONE, new RoomError("network", "no answer to a ping"), "back-off", now);
    } else if (now < this.#timer) {
      return;
    } else if (this.#phase === "waiting") {
      this.#redial(now);
    } else if (this.#phase === "open") {
      this.#ping(now);
    } else if (this.#phase === "dialing" || this.#hasSocket) {
      this.#drop(ERROR_CODE.NONE, new RoomError("network", "no answer in time"), "back-off", now);
    }
  }

  /** The network came back: no wait any more; an open line is asked whether it still lives. */
  handleOnline(now: number): void {
    if (this.#phase === "waiting") this.#redial(now);
    else if (this.#phase === "open") this.#ping(now);
  }

  /** The clock was set back: no time that is kept, here or by others, means anything now. All of them go with the line. */
  handleClockBack(now: number): void {
    if (this.#phase === "waiting") this.#timer = now;
    else if (this.#phase === "dialing" || this.#hasSocket)
      this.#drop(ERROR_CODE.NONE, new RoomError("network", "the clock was set back"), "back-off", now);
  }

  /** Everything of a message of `bytes` bytes, which came on `line`, has been handled by the application. */
  handleConsumed(line: number, bytes: number, now: number): void {
    this.#backlog -= bytes;
    if (line !== this.#line) return;
    this.#credit.handleConsumed(bytes);
    this.#control(now);
  }

  /** Tries again now, although waiting or stopped. */
  retry(now: number): void {
    if (this.#phase !== "waiting" && this.#phase !== "stopped") return;
    this.#tries = 0;
    this.#bugs = 0;
    this.#dial(now);
  }

  /** Ends for good. */
  end(): void {
    if (this.#phase === "ended") return;
    this.#orders = [{ do: "hang-up", code: 1000, reason: "" }];
    this.#phase = "ended";
    this.#pongBy = undefined;
    this.#news.push({ type: "state", state: "closed", error: new RoomError("closed", "closed by this client") });
  }

  pollOrder(): Order | undefined {
    return this.#orders.shift();
  }

  pollNews(): News | undefined {
    return this.#news.shift();
  }

  /** When (ms) `handleTimeout` is due; undefined while nothing is timed. */
  pollTimeout(): number | undefined {
    if (this.#phase === "idle" || this.#phase === "stopped" || this.#phase === "ended") return undefined;
    if (this.#phase === "waiting" && this.#backlog > BACKLOG_MAX) return undefined;
    const [credit, refresh] =
      this.#phase === "open" ? [this.#credit.pollTimeout(), this.#refresh.pollTimeout()] : [undefined, undefined];
    return Math.min(this.#timer, ...[this.#pongBy, credit, refresh].map((time) => time ?? this.#timer));
  }

  get #hasSocket(): boolean {
    return this.#phase === "greeting" || this.#phase === "resetting" || this.#phase === "open";
  }

  #redial(now: number): void {
    if (this.#backlog <= BACKLOG_MAX) this.#dial(now);
    // In time for when the application has caught up.
    else this.#timer = now;
  }

  #dial(now: number): void {
    this.#phase = "dialing";
    this.#line++;
    this.#told = undefined;
    this.#timer = now + DIAL_TIMEOUT_MS;
    this.#orders.push({ do: "dial" });
    this.#news.push({ type: "state", state: "connecting" });
  }

  /** Sends what is due of the control bucket: credit, and what prolongs the admission. */
  #control(now: number): void {
    if (this.#phase !== "open") return;
    const consumed = this.#credit.pollTransmit(now);
    if (consumed !== undefined) this.#orders.push({ do: "send", data: encode({ kind: "CREDIT", body: { consumed } }) });
    if (this.#refresh.pollTicket(now)) this.#orders.push({ do: "take-ticket" });
    const refresh = this.#refresh.pollTransmit(now);
    if (refresh !== undefined) this.#orders.push({ do: "send", data: refresh });
  }

  #ping(now: number): void {
    this.#timer = now + LIMIT.PING_INTERVAL_MS;
    this.#pongBy ??= now + LIMIT.PONG_TIMEOUT_MS;
    this.#orders.push({ do: "send", data: "ping" });
  }

  #take(frame: Frame | { readonly skip: true; readonly seq: number }, now: number): void {
    if (!this.#hasSocket) return;
    if ("skip" in frame) {
      if (frame.seq > 0) this.#inOrder(frame.seq, now);
    } else if (frame.kind === "WELCOME") {
      this.#welcome(frame, now);
    } else if (frame.kind === "ERROR") {
      this.#refused(frame.body, frame.id, now);
    } else if (frame.kind === "RESET" && this.#phase === "resetting") {
      this.#reset(frame.body, now);
    } else if (this.#phase !== "open") {
      this.#distrust(`${frame.kind} before WELCOME`, now);
    } else if (frame.kind === "AUTH_REFRESH" && "role" in frame.body) {
      // Without an id it says no more than that the role has changed.
      if (frame.id !== null) this.#admitted(frame.body.expiresAt, frame.ts, now);
      this.#news.push({ type: "role", role: frame.body.role });
    } else if (frame.seq === 0 || this.#inOrder(frame.seq, now)) {
      this.#news.push({ type: "frame", frame });
      if (frame.seq > 0) this.#moved();
    }
  }

  /** Whether a logged frame is the next one. An old one is dropped; a later one means that something was lost. */
  #inOrder(seq: number, now: number): boolean {
    if (this.#phase !== "open" || seq <= this.#received) return false;
    if (seq === this.#received + 1) {
      this.#received = seq;
      return true;
    }
    const error = new RoomError("gap", `entry ${this.#received + 1} is missing before ${seq}`);
    this.#drop(ERROR_CODE.NONE, error, "back-off", now);
    return false;
  }

  #moved(): void {
    this.#news.push({ type: "moved", cursor: { epoch: toHex(this.#epoch), seq: this.#received } });
  }

  #welcome({ body, ts }: WelcomeFrame, now: number): void {
    const { outcome, startSeq } = body;
    const fresh = this.#epoch.every((byte) => byte === 0);
    const same = toHex(body.epoch) === toHex(this.#epoch);
    const fits =
      outcome === WELCOME_OUTCOME.RESET ||
      (this.#phase === "greeting" &&
        (outcome === WELCOME_OUTCOME.FRESH ? fresh : !fresh && same && startSeq === this.#received));
    if (!fits) {
      this.#distrust(`WELCOME with outcome ${outcome}, start ${startSeq} after ${this.#received}`, now);
      return;
    }
    if (this.#phase === "greeting") {
      this.#credit = new Credit(body.windowSoft);
      this.#refresh = new Refresh();
    }
    this.#news.push({ type: "welcome", body });
    this.#admitted(body.expiresAt, ts, now);
    // A reset moves the cursor only with its RESET frame: cut between the two, the next HELLO must be answered the same.
    if (outcome === WELCOME_OUTCOME.RESET) {
      this.#phase = "resetting";
    } else {
      this.#epoch = body.epoch;
      this.#received = startSeq;
      this.#opened(now);
    }
  }

  /** Both times are of the room's clock, which need not be ours. */
  #admitted(expiresAt: number, ts: number, now: number): void {
    this.#refresh.handleAdmitted(expiresAt - (ts || now), now);
  }

  #reset(body: Extract<Frame, { kind: "RESET" }>["body"], now: number): void {
    const reason = RESET_NAMES[body.reason]!;
    const drop = reason === "epoch_changed" || reason === "ahead";
    const gap = drop || body.startSeq <= this.#received ? null : { from: this.#received + 1, to: body.startSeq };
    this.#epoch = body.epoch;
    this.#received = body.startSeq;
    this.#news.push({ type: "reset", reason, drop, gap });
    this.#opened(now);
  }

  #opened(now: number): void {
    this.#phase = "open";
    this.#openedAt ??= now;
    this.#timer = now + LIMIT.PING_INTERVAL_MS;
    // First the cursor, so that a listener to `open` can keep it.
    this.#moved();
    this.#news.push({ type: "state", state: "open" });
  }

  #refused(body: { code: number; retryAfterMs: number; text: string }, id: Uint8Array | null, now: number): void {
    const error = new RoomError(codeOf(body.code), body.text, { retryAfterMs: body.retryAfterMs });
    this.#told = error;
    const until = holdUntil(now, error.retryAfterMs);
    if (id === null && body.code === ERROR_CODE.RATE_LIMITED) {
      // Without an id it was a CREDIT.
      this.#credit.handleRefused(until);
      this.#refresh.handleHeld(until);
    } else if (id !== null && this.#refresh.handleRefused(id, error, until, this.#options.random())) {
      if (body.code === ERROR_CODE.RATE_LIMITED) this.#credit.handleHeld(until);
    } else {
      this.#news.push({ type: "error", error, id });
    }
  }

  /** What came cannot come from a right server: reconnect once, then stop. */
  #distrust(message: string, now: number): void {
    this.#drop(ERROR_CODE.NONE, new RoomError("bad_answer", message, { fatal: true }), "once", now);
  }

  #drop(code: number, error: RoomError, remedy: Remedy, now: number): void {
    this.#orders.push({ do: "hang-up", code: 4000 + code, reason: error.code });
    this.#lose(error, remedy, now);
  }

  #lose(error: RoomError, remedy: Remedy, now: number): void {
    const openForMs = this.#openedAt === undefined ? -1 : now - this.#openedAt;
    this.#openedAt = undefined;
    this.#pongBy = undefined;
    this.#refresh = new Refresh();
    // A connection that held longer than the longest wait counts as recovered.
    if (openForMs >= LIMIT.RECONNECT_CAP_MS) {
      this.#tries = 0;
      this.#bugs = 0;
    }
    if (remedy === "once") this.#bugs++;
    if (remedy === "stop" || this.#bugs > 1) {
      this.#phase = "stopped";
      this.#news.push({ type: "state", state: "closed", error });
      return;
    }
    const atOnce = remedy === "at-once" && openForMs >= AT_ONCE_AFTER_MS;
    const wait = atOnce ? 0 : Math.max(backoffMs(this.#tries++, this.#options.random()), error.retryAfterMs ?? 0);
    this.#phase = "waiting";
    this.#timer = now + wait;
    this.#news.push({ type: "state", state: "waiting", error, retryAt: now + wait });
  }
}
