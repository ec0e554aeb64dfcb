// One person of the law R64: writes, edits, reacts, reads, is cut off, and now and then has the whole program killed.
import { connect } from "../connect";
import type { Message } from "../entry";
import type { RoomEvent } from "../events";
import type { Cursor } from "../line/news";
import { memoryOutbox, type OutboxStore } from "../outbox/outbox-store";
import type { Room, Sent } from "../room";
import { RoomView } from "../view/view";
import { SIM_FILE } from "./files";
import type { Shown } from "./log";
import type { SimServer } from "./server";

const EMOJIS = ["👍", "🎉", ":ship:"] as const;

export class Writer {
  /** Seqs of all events of the log, in the order handled, over all lives of the program. */
  readonly seen: number[] = [];
  /** Ids in the order written: messages, changes of messages, reactions. */
  readonly written = { message: [] as string[], change: [] as string[], reaction: [] as string[] };
  /** What the room answered, by id: a seq (0 = no change) or the code of a refusal. */
  readonly answered = new Map<string, number | string>();
  readonly #outbox: OutboxStore = memoryOutbox();
  /** What a program keeps on disk. */
  #cursor: Cursor | undefined;
  #alive = { on: true };
  #view = new RoomView();
  #room: Room;
  #texts = 0;

  constructor(
    readonly name: string,
    private readonly server: SimServer,
    private readonly random: () => number,
  ) {
    this.#room = this.#open();
  }

  get room(): Room {
    return this.#room;
  }

  /** Does one thing or another, or nothing. */
  act(): void {
    const dice = this.random();
    const any = this.#pick(this.#view.messages.filter(({ status }) => status === "stored"));
    const own = this.#pick(this.#view.messages.filter(({ status, mine }) => status === "stored" && mine));
    if (dice < 0.35) this.#write();
    else if (dice < 0.4) for (let n = 0; n < 14; n++) this.#write();
    else if (dice < 0.5 && own) this.#note("change", this.#room.edit(own.seq, this.#text()));
    else if (dice < 0.55 && own) this.#note("change", this.#room.remove(own.seq));
    else if (dice < 0.75 && any) this.#note("reaction", this.#room.react(any.seq, this.#emoji()));
    else if (dice < 0.85 && any) this.#note("reaction", this.#room.unreact(any.seq, this.#emoji()));
    else if (dice < 0.9) this.#room.typing(this.random() < 0.7);
    else if (dice < 0.95) this.#room.presence(this.random() < 0.5 ? "away" : "here");
    else if (any) this.#room.read(any.seq);
  }

  /** The program dies without a word: timers, answers and sockets are gone. Another one starts with what was kept. */
  kill(): void {
    this.#alive.on = false;
    for (const peer of this.server.open) if (peer.user === this.name) peer.socket.close();
    this.#alive = { on: true };
    this.#view = new RoomView();
    this.#room = this.#open();
  }

  /** What the person sees; pending ones have seq 0. */
  shown(): Shown[] {
    return this.#view.messages.map(({ seq, clientId, text, files, editedAt, deletedAt, reactions }) => ({
      seq,
      id: clientId,
      text,
      files: files.length,
      editedAt,
      deletedAt,
      reactions: reactions
        .map(({ emoji, count, mine }) => ({ emoji, count, mine }))
        .sort((a, b) => (a.emoji < b.emoji ? -1 : 1)),
    }));
  }

  #write(): void {
    const files = this.random() < 0.2 ? [SIM_FILE] : [];
    this.#note("message", this.#room.send(this.#text(), { files }));
  }

  #note(what: keyof typeof this.written, { id, done }: Sent): void {
    this.written[what].push(id);
    done.then(
      ({ seq }) => this.answered.set(id, seq),
      ({ code }) => this.answered.set(id, code),
    );
  }

  #text(): string {
    return `${this.name} ${this.#texts++}`;
  }

  #emoji(): string {
    return EMOJIS[Math.floor(this.random() * EMOJIS.length)]!;
  }

  #pick(messages: readonly Message[]): Message | undefined {
    return messages[Math.floor(this.random() * messages.length)];
  }

  #open(): Room {
    const alive = this.#alive;
    const base = this.server.platform(this.name);
    const room = connect({
      url: "https://sim",
      room: "sim",
      wants: { presence: true, typing: true, receipts: true },
      outbox: this.#outbox,
      ...(this.#cursor === undefined ? {} : { resume: this.#cursor }),
      platform: { ...base, setTimeout: (f, ms) => base.setTimeout(() => alive.on && f(), ms) },
    });
    const view = this.#view;
    const logged = (event: RoomEvent, seq: number) => {
      if (!alive.on) return;
      view.apply(event);
      this.seen.push(seq);
      // As a program would write its cursor down together with what it handled.
      this.#cursor = { epoch: room.cursor!.epoch, seq };
    };
    room.on("message", (event) => logged(event, event.message.seq));
    room.on("system", (event) => logged(event, event.entry.seq));
    for (const type of ["edit", "delete", "react", "unreact"] as const)
      room.on(type, (event) => logged(event, event.seq));
    for (const type of ["outbox", "people", "reset"] as const) room.on(type, (event) => view.apply(event));
    // Those of an earlier life come to an end without anybody who waits for their `done`.
    room.on("outbox", (event) => {
      if (event.status === "failed") this.answered.set(event.entry.id, event.error.code);
    });
    room.on("state", ({ state }) => {
      if (alive.on && state === "open" && this.#cursor === undefined) this.#cursor = room.cursor;
    });
    void this.#loadAll(room, view);
    return room;
  }

  /** Pages from the newest to the first, while the talk goes on. */
  async #loadAll(room: Room, view: RoomView): Promise<void> {
    for (let before: number | undefined; ; ) {
      const page = await room.history({ limit: 7, ...(before === undefined ? {} : { before }) });
      view.page(page);
      if (!page.more || page.covers === null) return;
      before = page.covers.from;
    }
  }
}
