// What this client tells about its user: typing, here or away, read up to. Only the latest counts. Pure: no clock, no socket.
import { encode, type FrameInit, PRESENCE_OP, PRESENCE_STATE, TYPING_STATE } from "@ferrule/core";

/** Between two frames, so that the room (4 a second) never drops one of ours, which it does in silence. */
const GAP_MS = 300;
/** Typing is said again this often while it goes on; it lapses after TYPING_TTL_MS (PROTOCOL.md section 7). */
const TYPING_REPEAT_MS = 3_000;
/** Between two read marks. */
const READ_GAP_MS = 1_000;

/** A frame and when (ms) it may leave. */
interface Due {
  readonly at: number;
  readonly frame: FrameInit;
  done(now: number): void;
}

/**
 * Wishes in, frames out: what was wished and taken back before a frame could leave is never sent.
 *
 * Order of calls: wishes at any time; while the connection is open `pollTransmit` whenever something changed or when
 * `pollTimeout` says; `handleLost` when it ends: what the next one must know is told again.
 */
export class Voice {
  #typing = false;
  /** When the room was last told that the user types; undefined when it believes the contrary. */
  #typingToldAt: number | undefined;
  #away = false;
  #awayTold = false;
  #read = 0;
  #readTold = 0;
  #readToldAt = Number.NEGATIVE_INFINITY;
  #lastAt = Number.NEGATIVE_INFINITY;

  typing(on: boolean): void {
    this.#typing = on;
  }

  /** A message is on its way: it ends the typing for everybody who gets it, so nothing need be said. */
  handleWritten(): void {
    this.#typing = false;
    this.#typingToldAt = undefined;
  }

  /** A message of the user was stored. Whoever types on by now has to say so again. */
  handleStored(): void {
    this.#typingToldAt = undefined;
  }

  presence(away: boolean): void {
    this.#away = away;
  }

  /** A mark below an earlier one, or that is no seq, changes nothing. */
  read(seq: number): void {
    if (Number.isSafeInteger(seq)) this.#read = Math.max(this.#read, seq);
  }

  /** The next connection is another one to the room: here, not typing, and perhaps without the last mark. */
  handleLost(): void {
    this.#typingToldAt = undefined;
    this.#awayTold = false;
    this.#readTold = 0;
    this.#readToldAt = Number.NEGATIVE_INFINITY;
    this.#lastAt = Number.NEGATIVE_INFINITY;
  }

  /** The log is another one: its seqs mean nothing. */
  forget(): void {
    this.#read = 0;
    this.#readTold = 0;
  }

  pollTransmit(now: number): Uint8Array | undefined {
    const due = this.#next();
    if (due === undefined || now < due.at) return undefined;
    due.done(now);
    this.#lastAt = now;
    return encode(due.frame);
  }

  pollTimeout(): number | undefined {
    return this.#next()?.at;
  }

  /** What is to be told first. */
  #next(): Due | undefined {
    const soon = this.#lastAt + GAP_MS;
    const wishes = [this.#presenceDue(soon), this.#typingDue(soon), this.#readDue(soon)];
    return wishes.reduce((first, due) =>
      first === undefined || (due !== undefined && due.at < first.at) ? due : first,
    );
  }

  #presenceDue(soon: number): Due | undefined {
    if (this.#away === this.#awayTold) return undefined;
    const state = this.#away ? PRESENCE_STATE.AWAY : PRESENCE_STATE.HERE;
    return {
      at: soon,
      frame: { kind: "PRESENCE", body: { op: PRESENCE_OP.SELF, state } },
      done: () => {
        this.#awayTold = this.#away;
      },
    };
  }

  #typingDue(soon: number): Due | undefined {
    const toldAt = this.#typingToldAt;
    if (!this.#typing && toldAt === undefined) return undefined;
    const repeated = this.#typing && toldAt !== undefined;
    const state = this.#typing ? TYPING_STATE.TYPING : TYPING_STATE.STOPPED;
    return {
      at: repeated ? Math.max(soon, toldAt + TYPING_REPEAT_MS) : soon,
      frame: { kind: "TYPING", body: { state } },
      done: (now) => {
        this.#typingToldAt = this.#typing ? now : undefined;
      },
    };
  }

  #readDue(soon: number): Due | undefined {
    if (this.#read <= this.#readTold) return undefined;
    return {
      at: Math.max(soon, this.#readToldAt + READ_GAP_MS),
      frame: { kind: "RECEIPT", body: { list: [{ ref: 0, upTo: this.#read }] } },
      done: (now) => {
        this.#readTold = this.#read;
        this.#readToldAt = now;
      },
    };
  }
}
