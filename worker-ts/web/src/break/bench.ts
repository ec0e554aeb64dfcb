// The test bench: a writer and a listener in one room, each on a line that can be cut; the four ways to break it; and the check of the
// log after each. The public client alone, nothing of its insides. No markup; tells its owner to draw.
import { connect, type Message, memoryOutbox, type Room, RoomError } from "../../../src/client";
import { ApiError, createRoom, joinRoom, listOwnRooms } from "../api";
import { after, every, now } from "../platform";
import { Ledger } from "./ledger";
import { Line } from "./line";
import { archiveOf, evictRoom, killServer, type LocalStatus, localStatus, setQueue } from "./local-api";
import { type Second, Seconds } from "./seconds";

/** Two a second: ten seconds of unsent messages are below what a user may write at once (rooms allow 5 a second, 10 in a burst). */
const WRITE_MS = 500;
/** How long the line is cut: the listener's for all of it, the writer's for the first half. */
const CUT_MS = 10_000;
/** How long the queue behaves badly before it is looked at. */
const QUEUE_MS = 10_000;
/** How long an evicted room is watched. */
const AWAKE_MS = 2000;
const SETTLE_MS_MAX = 45_000;
/** How long the archive may take to have all of it. */
const ARCHIVE_MS_MAX = 30_000;
const LOOK_MS = 100;
const STATUS_MS = 250;
const RESTART_MS_MAX = 60_000;
/** Messages of a page of the log. */
const PAGE_MESSAGES = 200;
/** Lines of the story that are kept. */
const STORY_MAX = 40;
const ROOM_TITLE = "Test bench";

/** What can be broken. */
export type Breakage = "line" | "room" | "queue" | "server";

/** One line of what happened. */
export interface Happening {
  readonly at: number;
  readonly text: string;
  readonly kind: "plain" | "broken" | "good" | "bad";
}

/** What became of a breakage. */
class Failure extends Error {}

export class Bench {
  readonly #ledger = new Ledger();
  readonly #writerLine = new Line();
  readonly #listenerLine = new Line();
  readonly #current: string;
  readonly #onChange: () => void;
  readonly #since = now();
  readonly #stops: (() => void)[] = [];
  readonly #seconds = new Seconds();
  #writer: Room | undefined;
  #listener: Room | undefined;
  #roomId = "";
  #written = 0;
  #stoppedWriting = false;
  /** How often a line was lost. */
  #drops = 0;
  /** The log's end when the bench began, and how far the log has been read since. */
  #startedAt = 0;
  #checkedUpTo = 0;
  #ended = false;

  /** Newest first. */
  story: readonly Happening[] = [];
  running: Breakage | undefined;
  /** What the running one does just now. */
  doing = "";
  /** What was broken and has healed, with nothing lost. */
  readonly healed = new Set<Breakage>();
  status: LocalStatus | undefined;
  roomTitle = "";
  trouble: string | undefined;

  /** `current`: the room on screen, which is used when the user may not make one more. */
  constructor(current: string, onChange: () => void) {
    this.#current = current;
    this.#onChange = onChange;
    this.#start().catch((error: unknown) => {
      this.trouble = error instanceof Error ? error.message : String(error);
      onChange();
    });
  }

  get counts() {
    return this.#ledger.counts;
  }
  get unsent(): number {
    return this.#writer?.unsent ?? 0;
  }
  /** The lines as they are now. */
  get lines(): { readonly writer: Room["state"]; readonly listener: Room["state"] } {
    return { writer: this.#writer?.state ?? "connecting", listener: this.#listener?.state ?? "connecting" };
  }
  get ready(): boolean {
    return this.#written > 0;
  }

  /** The last seconds, oldest first. */
  get strip(): readonly Second[] {
    return this.#seconds.upTo(this.#now());
  }

  /** Breaks it, waits until it has healed, and looks whether all is there. One at a time; never throws. */
  async breakIt(what: Breakage): Promise<void> {
    if (this.running !== undefined || !this.ready) return;
    this.running = what;
    try {
      const sentence = await { line: this.#cutLine, room: this.#evict, queue: this.#upset, server: this.#kill }[
        what
      ].call(this);
      this.#second().broken = true;
      this.#do("Waiting until it has healed, then looking everything up in the log …");
      await this.#settle();
      await this.#check();
      const { lost, doubled, checked } = this.counts;
      const well = lost + doubled === 0;
      const verdict = well
        ? `Nothing lost, nothing doubled, of ${checked}.`
        : `${lost} lost, ${doubled} doubled, of ${checked}.`;
      if (well) this.healed.add(what);
      this.#tell(`${sentence} ${verdict}`, well ? "good" : "bad");
    } catch (error) {
      if (this.#ended) return;
      this.#tell(error instanceof Error ? error.message : String(error), "bad");
    } finally {
      this.running = undefined;
      this.doing = "";
      this.#onChange();
    }
  }

  async close(): Promise<void> {
    this.#ended = true;
    for (const stop of this.#stops) stop();
    if (this.status?.queue.twice === true) await setQueue({ twice: false, shuffle: false }).catch(() => undefined);
    await Promise.all([this.#writer?.close(), this.#listener?.close()]);
  }

  async #start(): Promise<void> {
    this.status = await localStatus();
    const room = await this.#provideRoom();
    this.#roomId = room.id;
    this.roomTitle = room.title;
    this.#listener = this.#connect(this.#listenerLine);
    this.#writer = this.#connect(this.#writerLine);
    this.#listener.on("message", ({ message }) => this.#heard(message));
    this.#listener.on("reset", () => this.#tell("The listener was told that messages are missing (RESET).", "bad"));
    for (const [room, who] of [
      [this.#writer, "writer"],
      [this.#listener, "listener"],
    ] as const)
      room.on("state", ({ state, error }) => {
        if (state === "waiting") this.#drops += 1;
        if (state === "closed" && !this.#ended)
          this.trouble = `The ${who}'s connection ended: ${error?.message ?? "closed"}.`;
        this.#onChange();
      });
    await this.#until(() => this.lines.writer === "open" && this.lines.listener === "open", SETTLE_MS_MAX);
    if (this.#ended) return;
    this.#startedAt = this.#listener.cursor?.seq ?? 0;
    this.#checkedUpTo = this.#startedAt;
    this.#tell(`A writer and a listener are connected to “${this.roomTitle}”. Two messages a second.`, "plain");
    this.#stops.push(every(WRITE_MS, () => this.#write()));
    this.#stops.push(every(1000, () => this.#onChange()));
    this.#write();
  }

  /** The user's own room for this, made at the first time; the room on screen when no more may be made. */
  async #provideRoom(): Promise<{ readonly id: string; readonly title: string }> {
    const kept = (await listOwnRooms()).find(
      ({ title, role, closedAt }) => title === ROOM_TITLE && role === "owner" && closedAt === null,
    );
    if (kept !== undefined) return kept;
    try {
      return await createRoom(ROOM_TITLE, "private");
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== "guest_limit") throw error;
      await joinRoom(this.#current);
      return { id: this.#current, title: this.#current };
    }
  }

  #connect(line: Line): Room {
    return connect({ url: location.origin, room: this.#roomId, outbox: memoryOutbox(), platform: line.platform });
  }

  #write(): void {
    if (this.#writer === undefined || this.#stoppedWriting) return;
    this.#written += 1;
    const text = `bench ${this.#written}`;
    const { id, done } = this.#writer.send(text);
    this.#ledger.wrote(id, text);
    done.then(
      ({ seq }) => {
        this.#ledger.acknowledged(id, seq);
        this.#second().acknowledged += 1;
        this.#onChange();
      },
      (error: unknown) => {
        if (this.#ended) return;
        // A message that is refused was never acknowledged, so it is not lost; it is a fault of the bench, and shown as one.
        this.#stoppedWriting = true;
        this.trouble = `A message was refused: ${error instanceof RoomError ? error.message : String(error)}`;
        this.#onChange();
      },
    );
  }

  #heard({ clientId: id, seq, text }: Message): void {
    this.#ledger.heard({ id, seq, text });
    this.#second().received += 1;
    this.#onChange();
  }

  async #cutLine(): Promise<string> {
    this.#listenerLine.cut();
    this.#writerLine.cut();
    this.#tell("Your line is cut.", "broken");
    await this.#countDown(CUT_MS / 2, (seconds) => `Both lines are cut; the writer's comes back in ${seconds} s …`);
    const kept = this.unsent;
    this.#writerLine.mend();
    await this.#countDown(
      CUT_MS / 2,
      (seconds) => `The writer is back, the listener hears nothing for ${seconds} s more …`,
    );
    this.#listenerLine.mend();
    return `The line was cut for ${CUT_MS / 1000} s: ${kept} messages waited and went out once, and the listener got all that it had missed.`;
  }

  async #evict(): Promise<string> {
    const drops = this.#drops;
    const { evicted } = await evictRoom(this.#roomId);
    if (!evicted) throw new Failure("The room was asleep already.");
    // Long enough for messages that wake it.
    await this.#countDown(AWAKE_MS, () => "The room's memory is gone; the next message wakes it …");
    const sockets = this.#drops === drops ? "both sockets stayed open" : "the sockets fell and came back";
    return `The room's memory was taken away, as when it sleeps; ${sockets} and it woke with the next message.`;
  }

  async #upset(): Promise<string> {
    const before = (await localStatus()).delivered;
    this.status = await setQueue({ twice: true, shuffle: true });
    this.#tell("The queue now delivers twice and out of order.", "broken");
    await this.#countDown(QUEUE_MS, (seconds) => `The queue to the archive misbehaves for ${seconds} s …`);
    this.status = await setQueue({ twice: false, shuffle: false });
    const { again, overtaken } = this.status.delivered;
    const [twice, late] = [again - before.again, overtaken - before.overtaken];
    this.#do("The queue behaves again; waiting for the archive …");
    const asked = this.counts.acknowledged;
    await this.#until(async () => {
      await this.#readArchive(this.#startedAt);
      return this.counts.archived >= asked || this.counts.lost > 0;
    }, ARCHIVE_MS_MAX);
    const { archived } = this.counts;
    return `The queue delivered ${twice} of its packets a second time and let ${late} be overtaken by younger ones; ${archived >= asked ? `all ${asked}` : `${archived} of ${asked}`} messages stand in the archive as they were written.`;
  }

  async #kill(): Promise<string> {
    const { process } = await localStatus();
    await killServer();
    this.#tell("kill -9: the server is gone.", "broken");
    this.#do("Killed. Starting it again on the same files …");
    const since = now();
    const first = this.#now();
    for (;;) {
      await this.#wait(STATUS_MS);
      const found = await localStatus().catch(() => undefined);
      this.#seconds.broken(first, this.#now());
      if (found !== undefined && found.process !== process) {
        this.status = found;
        const seconds = ((now() - since) / 1000).toFixed(1);
        return `The server was killed with SIGKILL in the middle of its work and was another process ${seconds} s later.`;
      }
      if (now() - since > RESTART_MS_MAX) throw new Failure("The server did not come back within a minute.");
    }
  }

  /** Waits until all that is written is acknowledged and heard; goes on after a while, for then something is lost. */
  async #settle(): Promise<void> {
    this.#stoppedWriting = true;
    for (const room of [this.#writer, this.#listener]) if (room?.state === "waiting") room.retryNow();
    await this.#until(() => this.#ledger.settled, SETTLE_MS_MAX);
    this.#stoppedWriting = this.trouble !== undefined;
  }

  /** Reads the log from where it was checked last, by the client's own history. */
  async #check(): Promise<void> {
    const reader = this.#writer!;
    for (let more = true; more; ) {
      const page = await reader.history({ after: this.#checkedUpTo, limit: PAGE_MESSAGES });
      const to = page.covers?.to ?? page.asOf;
      const sightings = page.messages.map(({ clientId: id, seq, text }) => ({ id, seq, text }));
      this.#ledger.logged(this.#checkedUpTo + 1, Math.max(to, page.more ? 0 : page.asOf), sightings);
      this.#checkedUpTo = Math.max(this.#checkedUpTo, to);
      more = page.more && page.messages.length > 0;
    }
    if (!this.#ledger.settled) {
      this.#tell(`${this.#ledger.open} messages have not come through in time.`, "bad");
      this.#ledger.giveUp();
    }
    await this.#readArchive(this.#startedAt);
  }

  /** Reads all that the archive holds of the room behind a seq. */
  async #readArchive(from: number): Promise<void> {
    for (let after = from; ; ) {
      const { messages } = await archiveOf(this.#roomId, after);
      this.#ledger.archived(messages);
      const last = messages.at(-1);
      if (last === undefined) return;
      after = last.seq;
    }
  }

  async #countDown(ms: number, text: (seconds: number) => string): Promise<void> {
    for (let left = ms; left > 0; left -= 1000) {
      this.#do(text(Math.ceil(left / 1000)));
      this.#second().broken = true;
      await this.#wait(Math.min(1000, left));
    }
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      after(ms, () => (this.#ended ? reject(new Failure("closed")) : resolve()));
    });
  }

  async #until(is: () => boolean | Promise<boolean>, msMax: number): Promise<void> {
    for (const end = now() + msMax; !(await is()) && now() < end; ) await this.#wait(LOOK_MS);
  }

  #do(text: string): void {
    this.doing = text;
    this.#onChange();
  }

  #tell(text: string, kind: Happening["kind"]): void {
    this.story = [{ at: now() - this.#since, text, kind }, ...this.story].slice(0, STORY_MAX);
    this.#onChange();
  }

  /** How many whole seconds have passed. */
  #now(): number {
    return Math.floor((now() - this.#since) / 1000);
  }

  #second(): Second {
    return this.#seconds.at(this.#now());
  }
}
