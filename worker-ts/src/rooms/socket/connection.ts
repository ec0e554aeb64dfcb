// One open socket: its attachment, its window (PROTOCOL.md section 11) and the only places where bytes or a close leave
// for it. It knows no rules and no log.
import { ERROR_CODE, type ErrorName, encode, LIMIT } from "@ferrule/core";
import type { Counter } from "../log/totals";
import type { RoomSettings } from "../settings";
import { type Attachment, readAttachment, writeAttachment } from "./attachment";

/** Whether a socket is open; the runtime also lists sockets that are closing. */
export const isOpen = (socket: WebSocket): boolean => socket.readyState === WebSocket.OPEN;

/** A connection: what is remembered of it, and what may be sent to it now. */
export class Connection {
  readonly socket: WebSocket;
  readonly state: Attachment;
  /** How many of the frames that wait in the fan-out this connection has, or needs not. Memory only: none wait after a wake. */
  told = 0;
  /** At a relay: HELLO was said, and the room's answer is on its way. Memory only, as all that waits for a room. */
  greeting = false;
  /** At a relay: the room was asked for the rest of a replay, for what was missed or for a page. */
  asking = false;
  /** Called when it has ended by `fail`: the close event comes late, or never. */
  whenOver: ((connection: Connection) => void) | undefined;
  readonly #settings: RoomSettings;
  readonly #totals: Counter | undefined;
  /** `sent` as saved last; nothing is known of it after a wake, so the first frame then saves. */
  #savedSent = Number.NEGATIVE_INFINITY;

  private constructor(socket: WebSocket, state: Attachment, settings: RoomSettings, totals: Counter | undefined) {
    this.socket = socket;
    this.state = state;
    this.#settings = settings;
    this.#totals = totals;
  }

  /** A socket that was just accepted. */
  static accepted(socket: WebSocket, state: Attachment, settings: RoomSettings, totals: Counter): Connection {
    const connection = new Connection(socket, state, settings, totals);
    connection.save();
    return connection;
  }

  /** A socket from before a sleep; null when it carries no attachment of ours. A room that cannot be opened has no totals. */
  static woken(socket: WebSocket, settings: RoomSettings, totals?: Counter): Connection | null {
    const state = readAttachment(socket);
    if (state === null) return null;
    // `send` saves every CREDIT_STEP_BYTES, so a sleep forgets less than that.
    state.unsure += LIMIT.CREDIT_STEP_BYTES;
    return new Connection(socket, state, settings, totals);
  }

  /** Whether frames still reach it. */
  get open(): boolean {
    return isOpen(this.socket);
  }

  /** Whether entries of the log reach it as they are broadcast. */
  get live(): boolean {
    return this.state.hello && this.state.replayAt === null;
  }

  /** Whether replay and pages may be sent now. */
  get windowOpen(): boolean {
    return this.open && !this.behind;
  }

  /** Whether its window is full, so that ephemeral frames skip it. */
  get behind(): boolean {
    return this.outstanding > this.#settings.windowSoftBytes;
  }

  /** Bytes sent that the client has not handled, as far as is known. */
  get outstanding(): number {
    return this.state.sent - this.state.consumed;
  }

  /** Sends one frame. The bytes are shared with other sockets and the log: nobody may change them. */
  send(frame: Uint8Array): void {
    if (!this.open) return;
    this.#put(frame);
    this.state.sent += frame.byteLength;
    if (this.state.sent - this.#savedSent >= LIMIT.CREDIT_STEP_BYTES) this.save();
    if (this.outstanding > this.#settings.windowHardBytes) this.fail("LAGGING", "the window is full");
  }

  /** Sends an ERROR that leaves the socket open; `id` names the refused frame, `retryAfterMs` 0 is no advice. */
  refuse(code: number, text: string, id: Uint8Array | null, retryAfterMs = 0): void {
    this.#totals?.refused(code);
    this.send(this.#error(code, text, id, retryAfterMs));
  }

  /** Sends a fatal ERROR and closes with 4000 + its code. */
  fail(error: ErrorName | number, text: string): void {
    if (!this.open) return;
    const code = typeof error === "number" ? error : ERROR_CODE[error];
    this.#totals?.refused(code);
    this.#put(this.#error(code, text, null, 0));
    this.socket.close(4000 + code, text);
    this.whenOver?.(this);
  }

  #put(frame: Uint8Array): void {
    this.socket.send(frame);
    this.#totals?.count("bytes", frame.byteLength);
  }

  #error(code: number, text: string, id: Uint8Array | null, retryAfterMs: number): Uint8Array {
    return encode({ kind: "ERROR", ts: this.#settings.now(), id, body: { code, retryAfterMs, text } });
  }

  /** Takes a CREDIT; one that falls, or is above what can have been sent, is ignored. */
  credit(consumed: number): void {
    const { state } = this;
    const more = consumed - state.sent;
    if (consumed < state.consumed || more > state.unsure) return;
    if (more > 0) {
      state.sent += more;
      state.unsure -= more;
    }
    state.consumed = consumed;
    this.save();
  }

  /** Notes that ephemeral frames of these features (FEATURE bits) were held back; what they told is told again, whole. */
  miss(features: number): void {
    const { state } = this;
    if ((state.missed | features) === state.missed) return;
    state.missed |= features;
    this.save();
  }

  /** Notes a sign of life; seldom saved, because only minutes count. */
  touch(): void {
    const now = this.#settings.now();
    if (now - this.state.seen < LIMIT.PING_INTERVAL_MS) return;
    this.state.seen = now;
    this.save();
  }

  /** Saves the attachment: all of `state`. */
  save(): void {
    writeAttachment(this.socket, this.state);
    this.#savedSent = this.state.sent;
  }
}
