// One person of the soak, on the client library: writes now and then, edits, erases, reacts, types and reads, and keeps what was
// acknowledged and in which order the log was heard.
import { setTimeout as pause } from "node:timers/promises";
import { connect, type Room, type RoomError, RoomView, type Sent } from "@ferrule/worker/client";
import type { Guest } from "../harness/people.ts";
import { Line } from "./lines.ts";

const PROBLEMS_MAX = 5;
/** Own messages that may still be edited or erased. */
const OWN_MAX = 20;
const EMOJI = ["👍", "🎉", ":own:"];
/** What people are refused in the course of things: what they answer or react to may be erased by then. */
const ORDINARY: readonly string[] = ["not_found"];

/** Numbers in 0..below-1. */
export type Dice = (below: number) => number;

/** A person in a room. */
export class Member {
  readonly roomId: string;
  readonly guest: Guest;
  readonly dice: Dice;
  readonly view = new RoomView();
  /** Client message id to seq, as acknowledged: of messages, and of changes (0: there was nothing to change). */
  readonly written = new Map<string, number>();
  readonly changed = new Map<string, number>();
  /** What must not have happened. */
  readonly problems: string[] = [];
  readonly line = new Line();
  readonly room: Room;
  /** Seqs of the first and the newest entry heard; all between were heard once, in order, or it is a problem. */
  first = 0;
  at = 0;
  #stopped = false;
  readonly #own: number[] = [];

  constructor(url: string, roomId: string, guest: Guest, dice: Dice) {
    this.roomId = roomId;
    this.guest = guest;
    this.dice = dice;
    const wants = { presence: true, typing: true, receipts: true };
    this.room = connect({ url, room: roomId, token: () => guest.token, wants, platform: this.line.platform });
    this.room.on("message", (event) => this.#heard(event.message.seq, () => this.view.apply(event)));
    for (const type of ["edit", "delete", "react", "unreact"] as const)
      this.room.on(type, (event) => this.#heard(event.seq, () => this.view.apply(event)));
    this.room.on("system", ({ entry }) => this.#heard(entry.seq, () => {}));
    this.room.on("reset", ({ reason }) => this.#problem(`a reset: ${reason}`));
    this.room.on("people", (event) => this.view.apply(event));
  }

  #problem(what: string): void {
    if (this.problems.length < PROBLEMS_MAX) this.problems.push(`${this.guest.name} in ${this.roomId}: ${what}`);
  }

  #heard(seq: number, apply: () => void): void {
    if (this.first === 0) this.first = seq;
    else if (seq !== this.at + 1) this.#problem(`entry ${seq} behind ${this.at}`);
    this.at = seq;
    apply();
  }

  /** Does something about every `restMs`, until `stop`. */
  async live(restMs: number): Promise<void> {
    while (!this.#stopped) {
      await pause(this.dice(2 * restMs));
      if (!this.#stopped) this.#act(this.dice(100));
    }
  }

  /** Writes no more; what is under way goes on. */
  stop(): void {
    this.#stopped = true;
  }

  #act(chance: number): void {
    const { room } = this;
    const own = this.#own[this.dice(Math.max(1, this.#own.length))];
    if (chance < 55 || own === undefined) this.#write();
    else if (chance < 67) this.#change(room.edit(own, `edited at ${this.at}`));
    else if (chance < 72) this.#change(room.remove(own));
    else if (chance < 82) this.#change(room.react(this.#anyMessage(own), EMOJI[this.dice(EMOJI.length)]!));
    else if (chance < 87) this.#change(room.unreact(own, EMOJI[this.dice(EMOJI.length)]!));
    else if (chance < 94) room.read(this.at);
    else room.typing(chance % 2 === 0);
  }

  /** One of the newest, or an own one. */
  #anyMessage(own: number): number {
    return this.view.messages.at(-1 - this.dice(5))?.seq || own;
  }

  #write(): void {
    const long = this.dice(20) === 0 ? " and more of it".repeat(this.dice(100)) : "";
    const { id, done } = this.room.send(`${this.guest.name} at ${this.at}${long}`);
    done.then(
      ({ seq }) => {
        this.written.set(id, seq);
        this.#own.push(seq);
        if (this.#own.length > OWN_MAX) this.#own.shift();
      },
      ({ code }: RoomError) => this.#problem(`a message was refused: ${code}`),
    );
  }

  #change({ id, done }: Sent): void {
    done.then(
      ({ seq }) => void this.changed.set(id, seq),
      ({ code }: RoomError) => {
        if (!ORDINARY.includes(code)) this.#problem(`a change was refused: ${code}`);
      },
    );
  }
}
