// What the user does in a room: writes, changes, reacts, deletes with a moment to think again. No markup; refusals are told to
// whoever asked to be told.
import type { FileInfo, OutboxEvent, Outgoing, Room, RoomError, Sent, ViewMessage } from "../../../src/client";
import { after, now } from "../platform";
import { Underway } from "./underway";
import { Undo } from "./undo";

/** A change that was refused for good. */
export interface Problem {
  readonly entry: Outgoing;
  readonly error: RoomError;
}

export interface WriterPorts {
  readonly room: () => Room | undefined;
  readonly changed: () => void;
  readonly refused: (problem: Problem) => void;
}

/** How long (ms) a room that is left stays connected for what was deleted last. */
const LEAVE_MS_MAX = 3_000;

export class Writer {
  readonly #ports: WriterPorts;
  readonly underway = new Underway();
  readonly undo: Undo;
  #written = 0;
  /** When the newest own message was stored, by the clock of this machine. */
  #storedAt: number | undefined;
  /** Deletions that were sent because the room is left. */
  #last: Promise<unknown>[] = [];

  constructor(ports: WriterPorts) {
    this.#ports = ports;
    this.undo = new Undo({
      after,
      send: (seq) => this.#last.push(this.#send(this.#room?.remove(seq))),
      changed: ports.changed,
    });
  }

  /** How many messages were written here since the room was opened. */
  get written(): number {
    return this.#written;
  }
  /** When the newest own message was stored (ms, this machine's clock). */
  get storedAt(): number | undefined {
    return this.#storedAt;
  }

  send(text: string, replyTo: number | null, files: readonly FileInfo[] = []): void {
    this.#written += 1;
    this.#room?.typing(false);
    const options = { ...(replyTo === null ? {} : { replyTo }), ...(files.length === 0 ? {} : { files: [...files] }) };
    void this.#send(this.#room?.send(text, options));
  }
  edit(seq: number, text: string): void {
    void this.#send(this.#room?.edit(seq, text));
  }
  react(message: ViewMessage, emoji: string): void {
    const on = message.reactions.find((reaction) => reaction.emoji === emoji)?.mine !== true;
    void this.#send(on ? this.#room?.react(message.seq, emoji) : this.#room?.unreact(message.seq, emoji));
  }

  /** Sends what waits to be deleted; resolves when the room has it, or soon. */
  async leave(): Promise<void> {
    this.#last = [];
    this.undo.flush();
    if (this.#last.length === 0) return;
    await Promise.race([Promise.all(this.#last), new Promise<void>((done) => after(LEAVE_MS_MAX, done))]);
  }

  /** To be called with every outbox event. */
  handle(event: OutboxEvent): void {
    const { entry } = event;
    if (entry.kind === "message") {
      // Slow mode counts messages alone.
      if (event.status === "stored") this.#storedAt = now();
      return;
    }
    if (event.status === "pending") this.underway.add(entry);
    else if (event.status === "stored") this.underway.stored(entry.id, event.seq);
    else {
      this.underway.drop(entry.id);
      if (event.status === "failed") this.#ports.refused({ entry, error: event.error });
    }
  }

  get #room(): Room | undefined {
    return this.#ports.room();
  }

  /** A refusal arrives as an outbox event: there it is told. */
  async #send(sent: Sent | undefined): Promise<void> {
    await sent?.done.catch(() => undefined);
  }
}
