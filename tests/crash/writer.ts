// One person in the crash test, on the client library: writes, edits, erases and reacts without a pause, and keeps what was acknowledged
// and what was heard.
import {
  connect,
  type Room,
  type RoomError,
  type RoomEvent,
  RoomView,
  type Sent,
  type Socket,
} from "@ferrule/worker/client";
import type { LogRow } from "../harness/archive.ts";
import type { Guest } from "../harness/people.ts";

/** Each person keeps this many messages under way, so that a kill always finds some. */
const UNDER_WAY = 4;

/** Rest of each between two messages: about a thousand a second from all. */
const REST_MS = 20;

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Numbers of the kinds of entries on the wire. */
const KIND = { message: 4, edit: 5, delete: 6, react: 7, unreact: 8 } as const;
type Logged = Extract<RoomEvent, { readonly type: keyof typeof KIND }>;

/** What was heard of an entry, as the log's row has it. */
const rowOf = (event: Logged): Omit<LogRow, "clientId"> =>
  event.type === "message"
    ? { seq: event.message.seq, kind: KIND.message, target: 0 }
    : { seq: event.seq, kind: KIND[event.type], target: event.target };

/** What people put on their own messages, and on others'. */
export const OWN = ":own:";
const OTHERS = "👍";

/** While it is lost, whoever is hard of hearing hears nothing of what the room sends. */
export const hearing = { lost: false };

/** A socket whose answers can be lost without the line being cut. */
class DeafSocket implements Socket {
  readonly #socket: WebSocket;

  constructor(url: string, protocols: string[]) {
    this.#socket = new WebSocket(url, protocols);
  }

  set binaryType(type: "arraybuffer") {
    this.#socket.binaryType = type;
  }

  send(data: Uint8Array<ArrayBuffer> | string): void {
    this.#socket.send(data);
  }

  close(code?: number, reason?: string): void {
    this.#socket.close(code, reason);
  }

  addEventListener(type: string, listener: (event: never) => void): void {
    this.#socket.addEventListener(type, (event) => {
      if (!hearing.lost || type !== "message") listener(event as never);
    });
  }
}

/** What became of a message, as far as its author was told. */
interface Wanted {
  text: string;
  edited: boolean;
  erased: boolean;
  reacted: boolean;
}

/** One person who writes, and changes what was written, without a pause; and everything that reached it. */
export class Writer {
  readonly written: Wanted[] = [];
  /** Client message id to seq, as acknowledged: of messages, and of changes of them. */
  readonly acknowledged = new Map<string, number>();
  readonly changed = new Map<string, number>();
  readonly heard: Omit<LogRow, "clientId">[] = [];
  readonly resets: unknown[] = [];
  /** What was refused, and must not have been. */
  readonly problems: string[] = [];
  readonly guest: Guest;
  readonly room: Room;
  readonly view = new RoomView();
  #newest = 0;
  #writing = true;
  readonly #loops: Promise<void>[];

  constructor(url: string, name: string, person: Guest, hardOfHearing: boolean) {
    this.guest = person;
    const platform = hardOfHearing ? { WebSocket: DeafSocket } : {};
    this.room = connect({ url, room: name, token: () => person.token, platform });
    for (const type of Object.keys(KIND) as (keyof typeof KIND)[])
      this.room.on(type, (event) => {
        this.heard.push(rowOf(event));
        this.view.apply(event);
        if (event.type === "message" && !event.message.mine) this.#newest = event.message.seq;
      });
    this.room.on("reset", (event) => void this.resets.push(event));
    this.#loops = Array.from({ length: UNDER_WAY }, () => this.#write());
  }

  /** Writes no more; resolves when everything written is acknowledged, rejects when something was refused. */
  async finish(): Promise<void> {
    this.#writing = false;
    await Promise.all(this.#loops);
    if (this.problems.length > 0) throw new Error(`${this.guest.name}: ${this.problems.join(", ")}`);
  }

  /** Writes no more; nothing is waited for. */
  end(): void {
    this.#writing = false;
  }

  async #write(): Promise<void> {
    while (this.#writing) await this.#writeOne().catch(({ code }: RoomError) => this.#refused(code));
  }

  /** Nobody is refused here; only who is closed meanwhile has given up. */
  #refused(code: string): void {
    if (code === "closed") this.#writing = false;
    else this.problems.push(`refused: ${code}`);
  }

  async #writeOne(): Promise<void> {
    const n = this.written.length;
    const wanted = { text: `${this.guest.name} ${n}`, edited: false, erased: false, reacted: false };
    this.written.push(wanted);
    const { id, done } = this.room.send(wanted.text);
    const { seq } = await done;
    this.acknowledged.set(id, seq);
    await this.#change(n, seq, wanted);
    await pause(REST_MS);
  }

  /** Of four messages one is edited, one gets a reaction (and each second loses it again), one has all of that and is erased. */
  async #change(n: number, seq: number, wanted: Wanted): Promise<void> {
    const { room } = this;
    if (n % 4 === 0 && this.#newest > 0) await this.#note(room.react(this.#newest, OTHERS)).catch(() => {});
    if (n % 2 === 1) {
      await this.#note(room.edit(seq, `${wanted.text}, edited`));
      Object.assign(wanted, { text: `${wanted.text}, edited`, edited: true });
    }
    if (n % 4 >= 2) {
      await this.#note(room.react(seq, OWN));
      wanted.reacted = true;
    }
    if (n % 8 === 2) {
      await this.#note(room.unreact(seq, OWN));
      wanted.reacted = false;
    }
    if (n % 4 === 3) {
      await this.#note(room.remove(seq));
      Object.assign(wanted, { text: "", edited: false, erased: true, reacted: false });
    }
  }

  async #note({ id, done }: Sent): Promise<void> {
    this.changed.set(id, (await done).seq);
  }
}
