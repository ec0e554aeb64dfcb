// One tab of one person in the law of the views: the client library with a RoomView behind a line that breaks, killed and started again
// now and then; it does what people do to messages, and keeps what it was told.
import {
  connect,
  type OutboxStore,
  type Room,
  type RoomEvent,
  RoomView,
  type Sent,
} from "../../../worker-ts/src/client";
import { call, type Person } from "../support/http-client";
import { pause } from "../support/room-client";
import { type Faults, Line } from "./line";

const EMOJIS = ["👍", "🎉", "❤️", ":ship:"] as const;
/** Changes fall on the newest messages, so that they meet. */
const CONTESTED = 8;
const PINNED = 11;
const UNPINNED = 12;

type Roll = (below: number) => number;
type Cursor = NonNullable<Room["cursor"]>;

/** What is common to the tabs of a talk. */
export interface World {
  readonly room: string;
  readonly url: string;
  readonly roll: Roll;
  /** A text that nobody else writes. */
  text(): string;
  /** What went wrong that may not, whoever waited for it. */
  readonly failures: unknown[];
}

export class Tab {
  /** What the room answered, by client message id: the seq of what it stored, 0 = nothing to change, or the code of its refusal. */
  readonly answered = new Map<string, number | string>();
  readonly written: string[] = [];
  /** Seqs of the log as they came, in each life; a reset begins anew. */
  readonly heard: number[][] = [[]];
  readonly person: Person;
  /** Whether the person may delete what others wrote, and pin. */
  readonly moderates: boolean;
  readonly #world: World;
  readonly #outbox: OutboxStore;
  #cursor: Cursor | undefined;
  #line: Line;
  #view = new RoomView();
  #pins = new Map<number, { seq: number; on: boolean }>();
  #loads = 0;
  #reacted: { readonly seq: number; readonly emoji: string; readonly on: boolean } | undefined;
  #room: Room;
  kills = 0;
  resets = 0;

  constructor(world: World, person: Person, moderates: boolean, outbox: OutboxStore) {
    this.#world = world;
    this.person = person;
    this.moderates = moderates;
    this.#outbox = outbox;
    this.#line = new Line(world.roll);
    this.#room = this.#open();
  }

  set faults(faults: Faults) {
    this.#line.faults = faults;
  }

  get view(): RoomView {
    return this.#view;
  }

  /** Pinned messages as this tab was told: by entries and by pages of them. */
  get pins(): number[] {
    return [...this.#pins].flatMap(([target, { on }]) => (on ? [target] : [])).sort((a, b) => a - b);
  }

  /** Whether everything up to `head` is here and nothing is under way. */
  isQuiet(head: number): boolean {
    const { state, unsent, cursor } = this.#room;
    return state === "open" && unsent === 0 && cursor?.seq === head && this.#loads === 0;
  }

  get standing(): string {
    const { state, unsent, cursor, error } = this.#room;
    return `${state}, ${unsent} unsent, at ${cursor?.seq}, ${this.#loads} pages under way ${error?.code ?? ""}`;
  }

  /** Does one thing or another to the room. */
  async act(): Promise<void> {
    const { roll } = this.#world;
    const held = this.#view.messages.filter(({ status }) => status === "stored").slice(-CONTESTED);
    const any = held[roll(held.length || 1)];
    const own = held.filter(({ mine }) => mine).at(-1 - roll(3));
    const dice = roll(100);
    if (dice < 30 || any === undefined)
      this.#write(this.#room.send(this.#world.text(), roll(4) === 0 && any ? { replyTo: any.seq } : {}));
    else if (dice < 33) await this.#sendFile();
    else if (dice < 48 && own) this.#write(this.#room.edit(own.seq, this.#world.text()));
    else if (dice < 52 && own) this.#write(this.#room.remove(own.seq));
    else if (dice < 55) this.#write(this.#room.remove(any.seq));
    else if (dice < 88) this.#react(any.seq);
    else if (dice < 94) await this.#byHttp(any.seq, own?.seq ?? any.seq);
    else if (dice < 96) this.#room.read(any.seq);
    else this.#room.typing(roll(2) === 0);
  }

  /** The same message edited here and deleted by another, at once. */
  race(other: Tab): void {
    const own = this.#view.messages
      .filter(({ status, mine, deletedAt }) => status === "stored" && mine && !deletedAt)
      .at(-1);
    if (own === undefined) return;
    this.#write(this.#room.edit(own.seq, this.#world.text()));
    other.#write(other.#room.remove(own.seq));
    this.#write(this.#room.edit(own.seq, this.#world.text()));
  }

  /** Pins one of the newest messages, or takes its pin away; where the line breaks, perhaps not. */
  async pin(): Promise<void> {
    const { roll } = this.#world;
    const held = this.#view.messages.filter(({ status }) => status === "stored").slice(-CONTESTED);
    const one = held[roll(held.length || 1)];
    if (one !== undefined) await this.#room.pin(one.seq, roll(3) > 0).catch(() => {});
  }

  /** The line breaks, and is down for a while. */
  cut(downMs: number): void {
    this.#line.cut(downMs);
  }

  /** The program dies; another one begins with what was kept: outbox and cursor, or no cursor at all. */
  kill(forgets: boolean): void {
    this.kills++;
    this.#line.kill();
    this.#line = new Line(this.#world.roll);
    this.#view = new RoomView();
    this.#loads = 0;
    if (forgets) this.#cursor = undefined;
    // a program that begins anew reads entries back by pages alone
    this.#pins = new Map();
    this.heard.push([]);
    this.#room = this.#open();
  }

  async close(): Promise<void> {
    await this.#room.close();
    this.#line.kill();
  }

  /** Gives a reaction and takes it back, in turns, so that the archive hears of both in any order; now and then of nobody's. */
  #react(seq: number): void {
    const { roll } = this.#world;
    const given = this.#reacted;
    const emoji = EMOJIS[roll(EMOJIS.length)]!;
    if (roll(5) === 0) this.#write(this.#room.unreact(seq, emoji));
    else if (given === undefined) {
      this.#reacted = { seq, emoji, on: true };
      this.#write(this.#room.react(seq, emoji));
    } else {
      const { on } = given;
      this.#reacted = roll(6) === 0 ? undefined : { ...given, on: !on };
      this.#write(on ? this.#room.unreact(given.seq, given.emoji) : this.#room.react(given.seq, given.emoji));
    }
  }

  async #sendFile(): Promise<void> {
    const room = this.#room;
    try {
      const file = await room.upload(new Blob([this.#world.text()]), "notes.txt");
      if (room === this.#room)
        this.#write(room.send(this.#world.roll(2) === 0 ? "" : this.#world.text(), { files: [file] }));
    } catch {
      // the line broke: uploads are not tried again by themselves
    }
  }

  /** Somebody's program without a socket: the same request twice at once, now and then with the key that a socket used. */
  async #byHttp(any: number, own: number): Promise<void> {
    const { roll, room, text } = this.#world;
    const path = `/api/rooms/${room}/messages`;
    const emoji = encodeURIComponent(EMOJIS[roll(EMOJIS.length)]!);
    const headers = { "idempotency-key": crypto.randomUUID() };
    const requests: [string, string, unknown?][] = [
      ["POST", path, { text: text() }],
      ["PATCH", `${path}/${own}`, { text: text() }],
      ["DELETE", `${path}/${own}`],
      ["PUT", `${path}/${any}/reactions/${emoji}`],
      ["DELETE", `${path}/${any}/reactions/${emoji}`],
    ];
    const [method, url, body] = requests[roll(requests.length)]!;
    const { token } = this.person;
    const ask = () => call(method, url, { token, headers, ...(body !== undefined && { body }) });
    const answers = await Promise.all(roll(3) === 0 ? [ask(), ask()] : [ask()]);
    const faults = answers.map(({ status }) => status).filter((status) => ![200, 201, 204, 403, 404].includes(status));
    if (faults.length > 0) throw new Error(`${method} ${url} answered ${faults}`);
  }

  #write({ id }: Sent): void {
    this.written.push(id);
  }

  #open(): Room {
    const { roll, room: name, url } = this.#world;
    const line = this.#line;
    const view = this.#view;
    const slow = roll(5) === 0;
    const wants = roll(2) === 0 ? { presence: true, typing: true, receipts: true } : {};
    const room = connect({
      ...{ url, room: name, wants, outbox: this.#outbox, token: () => this.person.token, platform: line.platform },
      ...(this.#cursor === undefined ? {} : { resume: this.#cursor }),
    });
    const logged = (event: RoomEvent, seq: number): Promise<void> | undefined => {
      if (!line.alive) return;
      view.apply(event);
      this.heard.at(-1)!.push(seq);
      // as a program would write its cursor down together with what it handled
      this.#cursor = { epoch: room.cursor!.epoch, seq };
      return slow ? pause(1) : undefined;
    };
    room.on("message", (event) => logged(event, event.message.seq));
    for (const type of ["edit", "delete", "react", "unreact"] as const)
      room.on(type, (event) => logged(event, event.seq));
    room.on("system", (event) => {
      this.#pin(event.entry);
      return logged(event, event.entry.seq);
    });
    for (const type of ["people", "outbox"] as const) room.on(type, (event) => view.apply(event));
    room.on("outbox", ({ entry, ...event }) => {
      if (event.status === "stored") this.answered.set(entry.id, event.seq);
      if (event.status === "failed") this.answered.set(entry.id, event.error.code);
    });
    room.on("reset", (event) => {
      if (!line.alive) return;
      this.resets++;
      view.apply(event);
      this.heard.push([]);
      this.#cursor = room.cursor;
      // what is shown may have changed in the gap
      this.#load(room, view, line).catch((error) => this.#world.failures.push(error));
    });
    room.on("state", ({ state }) => {
      if (line.alive && state === "open") this.#cursor ??= room.cursor;
    });
    this.#load(room, view, line).catch((error) => this.#world.failures.push(error));
    return room;
  }

  #pin({ seq, event, text }: { readonly seq: number; readonly event: number; readonly text: string }): void {
    if (event !== PINNED && event !== UNPINNED) return;
    const target = Number(text);
    if (seq > (this.#pins.get(target)?.seq ?? 0)) this.#pins.set(target, { seq, on: event === PINNED });
  }

  /** Every page from the newest to the first, while the talk goes on. */
  async #load(room: Room, view: RoomView, line: Line): Promise<void> {
    this.#loads++;
    for (let before: number | undefined; line.alive; ) {
      try {
        const page = await room.history({
          limit: 5 + this.#world.roll(40),
          ...(before === undefined ? {} : { before }),
        });
        if (!line.alive) return;
        view.page(page);
        for (const entry of page.system) this.#pin(entry);
        if (!page.more || page.covers === null) break;
        before = page.covers.from;
      } catch (error) {
        // a page that came by HTTP over a line that broke is asked for again
        if ((error as { code?: string }).code !== "network") throw error;
        await pause(5);
      }
    }
    if (line.alive) this.#loads--;
  }
}
