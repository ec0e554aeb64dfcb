// What is true of a room only now: who is here, who is typing, who has read how far. Tells each change as an event.
import { FEATURE, type Frame, TYPING_STATE } from "@ferrule/core";
import type { Person } from "../entry";
import type { Crowd, Present, Reader, RoomEvent } from "../events";
import type { People } from "../feed/people";
import { CrowdList } from "./crowd";
import { Readers } from "./readers";
import { Typists } from "./typists";

export interface LivePorts {
  readonly people: People;
  now(): number;
  /** The user's own ref on this connection. */
  selfRef(): number;
  tell(event: RoomEvent): void;
}

/**
 * The state that no log holds. While there is no connection nobody is known to type; who was here and how far people had
 * read stays as it was last told, until the next connection tells it anew.
 */
export class Live {
  readonly #ports: LivePorts;
  readonly #crowd: CrowdList;
  readonly #typists = new Typists();
  readonly #readers: Readers;

  constructor(ports: LivePorts) {
    this.#ports = ports;
    this.#crowd = new CrowdList(ports.people);
    this.#readers = new Readers(ports.people);
  }

  get crowd(): Crowd | undefined {
    return this.#crowd.crowd;
  }

  get here(): ReadonlyMap<string, Present> {
    return this.#crowd.here;
  }

  get typists(): readonly Person[] {
    return this.#typists.refs.flatMap((ref) => this.#ports.people.meet(ref) ?? []);
  }

  get readers(): ReadonlyMap<string, Reader> {
    return this.#readers.list;
  }

  /** WELCOME: `features` are those that the room has granted. What it will not tell any more is not kept. */
  handleWelcome(features: number): void {
    if ((features & FEATURE.PRESENCE) === 0 && this.#crowd.clear()) this.#tellCrowd();
  }

  handleFrame(frame: Extract<Frame, { kind: "TYPING" | "PRESENCE" | "RECEIPT" }>): void {
    if (frame.kind === "PRESENCE") {
      this.#crowd.handlePresence(frame.body);
      this.#tellCrowd();
    } else if (frame.kind === "RECEIPT") {
      this.#tellReaders(this.#readers.handleReceipt(frame.body.list));
    } else if (frame.sender !== this.#ports.selfRef()) {
      const typing = frame.body.state === TYPING_STATE.TYPING;
      if (this.#typists.handleTyping(frame.sender, typing, this.#ports.now())) this.#tellTypists();
    }
  }

  /** A message was written by `sender`, who then no longer types. */
  handleMessage(sender: number): void {
    if (this.#typists.handleMessage(sender)) this.#tellTypists();
  }

  /** These people became known or have new names. */
  handlePeople(people: readonly Person[]): void {
    const refs = new Set(people.map(({ ref }) => ref));
    if (this.#crowd.handlePeople(refs)) this.#tellCrowd();
    this.#tellReaders(this.#readers.handlePeople(refs));
    if (this.#typists.refs.some((ref) => refs.has(ref))) this.#tellTypists();
  }

  /** The connection ended. */
  handleLost(): void {
    if (this.#typists.clear()) this.#tellTypists();
  }

  /** The connection ended and will not come back by itself. */
  handleClosed(): void {
    this.handleLost();
    if (this.#crowd.clear()) this.#tellCrowd();
  }

  /** The log is another one: its refs and seqs are void. */
  forget(): void {
    this.handleClosed();
    this.#readers.clear();
  }

  handleTimeout(now: number): void {
    if (this.#typists.handleTimeout(now)) this.#tellTypists();
  }

  /** When (ms) `handleTimeout` is due. */
  pollTimeout(): number | undefined {
    return this.#typists.pollTimeout();
  }

  #tellCrowd(): void {
    this.#ports.tell({ type: "presence", here: this.here, crowd: this.crowd });
  }

  #tellTypists(): void {
    this.#ports.tell({ type: "typing", people: this.typists });
  }

  #tellReaders(receipts: readonly Reader[]): void {
    if (receipts.length > 0) this.#ports.tell({ type: "receipt", receipts });
  }
}
