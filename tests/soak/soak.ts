// The soak: people in rooms on the real server for minutes, while lines are cut, rooms evicted, the queue delivers twice and out of order
// and the server is killed; at the end everything is compared, and the server's memory judged.

import { setTimeout as pause } from "node:timers/promises";
import { call, type Guest, guest, join } from "../harness/people.ts";
import { type Server, startServer } from "../harness/server/server.ts";
import { dice } from "../worker/support/random.ts";
import { isArchived, wrongInRoom } from "./compare.ts";
import { type Dice, Member } from "./member.ts";
import { mbAMinute, type Sample, sample, slopes } from "./memory.ts";

/** What is run. */
export interface SoakOptions {
  readonly minutes: number;
  readonly sockets: number;
  readonly rooms: number;
  readonly kills: number;
  /** About how long (ms) a person rests between two things. */
  readonly restMs: number;
  /** Whether the growth of memory counts; the figures of a short run say nothing. */
  readonly judgesMemory: boolean;
  readonly seed: number;
}

/** The core's figures of a process. */
interface Core {
  readonly memoryBytes: number;
  readonly liveHandles: number;
}

/** What came of it; the run is good when `failures` is empty. */
export interface SoakResult {
  readonly failures: readonly string[];
  readonly seconds: number;
  readonly written: number;
  readonly changed: number;
  readonly cuts: number;
  readonly evictions: number;
  readonly kills: number;
  readonly delivered: Status["delivered"];
  /** A sixth of the run after the last start of the server (minute 5 of 30), and at the end. */
  readonly core: { readonly early: Core | undefined; readonly end: Core };
  /** MB a minute over the last two thirds, in which the server is one process. */
  readonly workerdMbAMinute: number;
  readonly mbAMinute: Readonly<Record<string, number>>;
}

/** What the server says of itself. */
interface Status {
  readonly core: Core;
  readonly delivered: { readonly messages: number; readonly again: number; readonly overtaken: number };
}

/** This share of all people is in one room, which is big for that: two fifths of them at the room itself, the others behind relays. */
const BIG = 0.25;
const BIG_ROOM = "soak-big";
const DIRECT = 0.4;
const RELAYS = 3;
const MB_A_MINUTE_MAX = 1;
/** Kills fall into this share of the run, and the last process is warm when its memory begins to count (JUDGED_FROM). */
const KILLED_UNTIL = 0.2;
const JUDGED_FROM = 1 / 3;
const EARLY = 1 / 6;
const SAMPLE_MS = 10_000;
const SETTLE_MS_MAX = 150_000;

/**
 * The archive heals in a minute where production has ten, in a short run in a tenth of it; sooner, a machine that is slow for a while
 * would send all it has again and again.
 */
const varsOf = (minutes: number): Record<string, string> => ({
  LOCAL_QUEUE: "twice,shuffle",
  ARCHIVE_RESEND_MS: String(Math.min(60_000, Math.round(minutes * 6_000))),
});

/** How the big room has to share its sockets, for so many people in all. */
function places(sockets: number): Record<string, string> {
  const big = Math.round(sockets * BIG);
  const direct = Math.ceil(big * DIRECT);
  return { SOCKETS_DIRECT_MAX: String(direct), RELAY_SOCKETS_MAX: String(Math.ceil((big - direct) / RELAYS)) };
}

/**
 * Each collection is a whole one, in heaps as small as Cloudflare's. Otherwise the runtime's own objects (a cursor of SQLite, a request),
 * which only a whole one gives back, are left lying by the hundred megabytes, and what really grows cannot be told from them.
 */
const V8_FLAGS = ["--gc-global", "--max-semi-space-size=2", "--max-old-space-size=128"];

/** A soak under way. */
class Soak {
  readonly server: Server;
  readonly options: SoakOptions;
  readonly dice: Dice;
  readonly note: (text: string) => void;
  readonly members: Member[] = [];
  readonly samples: Sample[] = [];
  readonly counts = { cuts: 0, evictions: 0, kills: 0 };
  /** When the run began. */
  #since = performance.now();
  /** False while the server is down, or about to be. */
  #up = true;
  #early: { readonly core: Core; readonly at: number } | undefined;
  #startedAt = 0;

  constructor(server: Server, options: SoakOptions, note: (text: string) => void) {
    this.server = server;
    this.options = options;
    this.dice = dice(options.seed);
    this.note = note;
  }

  get seconds(): number {
    return (performance.now() - this.#since) / 1000;
  }

  get early(): Core | undefined {
    return this.#early?.core;
  }

  /** Seconds of the whole run. */
  get #length(): number {
    return this.options.minutes * 60;
  }

  get #over(): boolean {
    return this.seconds >= this.#length;
  }

  status(): Promise<Status> {
    return call<Status>(this.server.url, "/api/local/status");
  }

  /** Everybody, each in a room: the first has BIG of them, the others share the rest. */
  async gather(): Promise<void> {
    const { sockets, rooms } = this.options;
    const big = rooms > 1 ? Math.round(sockets * BIG) : sockets;
    for (let n = 0; n < sockets; n++) {
      const roomId = n < big ? BIG_ROOM : `soak-${1 + ((n - big) % (rooms - 1))}`;
      const person: Guest = await guest(this.server.url);
      if (n === 0 || (n >= big && n - big < rooms - 1))
        await call(this.server.url, "/api/rooms", person, { id: roomId, title: roomId });
      else await join(this.server.url, roomId, person);
      this.members.push(new Member(this.server.url, roomId, person, this.dice));
    }
  }

  /** Does `act` about every `ms`, for as long as the run lasts and while the server is up. */
  async #often(ms: number, act: () => Promise<void> | void): Promise<void> {
    while (!this.#over) {
      await pause(this.dice(2 * ms));
      if (this.#up && !this.#over) await act();
    }
  }

  #cut(): void {
    const { line } = this.members[this.dice(this.members.length)]!;
    line.cut(this.dice(2_000));
    setTimeout(() => line.mend(), this.dice(5_000));
    this.counts.cuts += 1;
  }

  /** A room; of the big one, which comes as often as it has people, sometimes a relay. */
  async #evict(): Promise<void> {
    const { roomId } = this.members[this.dice(this.members.length)]!;
    const relay = roomId === BIG_ROOM ? this.dice(RELAYS + 1) : 0;
    const path = `/api/local/rooms/${roomId}/evict${relay === 0 ? "" : `?relay=${relay}`}`;
    // a kill may come in between
    const { evicted } = await call<{ evicted: boolean }>(this.server.url, path, undefined, {}).catch(() => ({
      evicted: false,
    }));
    if (evicted) this.counts.evictions += 1;
  }

  async #kills(): Promise<void> {
    const { kills } = this.options;
    for (let n = 1; n <= kills; n++) {
      await pause(Math.max(0, (this.#length * KILLED_UNTIL * n) / kills - this.seconds) * 1000);
      this.#up = false;
      this.note(`kill -9 number ${n}`);
      await this.server.kill();
      await pause(this.dice(2_000));
      await this.server.restart();
      this.#startedAt = this.seconds;
      this.#up = true;
      this.counts.kills += 1;
    }
  }

  /** Looks at the server's memory, remembers the core's early figures, and prints how it goes. */
  async #watch(): Promise<void> {
    for (; !this.#over; await pause(SAMPLE_MS)) {
      const group = this.server.group();
      if (!this.#up || group === undefined) continue;
      this.samples.push(sample(group, this.seconds));
      const status = await this.status().catch(() => undefined);
      if (status === undefined) continue;
      if (this.seconds < this.#startedAt + EARLY * this.#length || this.#early === undefined)
        this.#early = { core: status.core, at: this.seconds };
      this.#tell(status);
    }
  }

  #tell({ core, delivered }: Status): void {
    const { cuts, evictions, kills } = this.counts;
    const open = this.members.filter(({ room }) => room.state === "open").length;
    const unsent = this.members.reduce((sum, { room }) => sum + room.unsent, 0);
    const { written, changed } = this.acknowledged();
    this.note(
      `${open}/${this.members.length} open, ${written}+${changed} acknowledged, ${unsent} unsent; ${cuts} cuts, ` +
        `${evictions} evictions, ${kills} kills; queue ${delivered.messages}+${delivered.again}, ${delivered.overtaken} overtaken; ` +
        `workerd ${this.samples.at(-1)!.workerdMb.toFixed(0)} MB, core ${core.memoryBytes} bytes, ${core.liveHandles} handles`,
    );
  }

  acknowledged(): { readonly written: number; readonly changed: number } {
    return {
      written: this.members.reduce((sum, member) => sum + member.written.size, 0),
      changed: this.members.reduce((sum, member) => sum + member.changed.size, 0),
    };
  }

  async run(): Promise<void> {
    this.#since = performance.now();
    const lives = this.members.map((member) => member.live(this.options.restMs));
    const perPerson = this.options.restMs * 100;
    await Promise.all([
      this.#often(perPerson / this.members.length / 4, () => this.#cut()),
      this.#often(perPerson / this.members.length / 2, () => void this.#evict()),
      this.#kills(),
      this.#watch(),
    ]);
    for (const member of this.members) member.stop();
    await Promise.all(lives);
  }

  /** Until everything is sent, heard and archived; sentences for what is not in time. */
  async settle(): Promise<string[]> {
    const late: string[] = [];
    const until = async (what: string, holds: () => Promise<boolean> | boolean): Promise<void> => {
      for (const end = performance.now() + SETTLE_MS_MAX; !(await holds()); await pause(500))
        if (performance.now() > end) return void late.push(`not in time: ${what}`);
    };
    for (const { line } of this.members) line.mend();
    await until("everybody is there and has sent everything", () => {
      for (const { room } of this.members) if (room.state !== "open") room.retryNow();
      return this.members.every(({ room }) => room.state === "open" && room.unsent === 0);
    });
    for (const members of this.byRoom()) {
      await until(`${members[0]!.roomId} is heard by all`, () => new Set(members.map(({ at }) => at)).size === 1);
      await until(`${members[0]!.roomId} is archived`, () => isArchived(this.server, members[0]!));
    }
    return late;
  }

  byRoom(): Member[][] {
    const rooms = [...new Set(this.members.map(({ roomId }) => roomId))];
    return rooms.map((room) => this.members.filter(({ roomId }) => roomId === room));
  }

  /** What is wrong with the server's memory. */
  growth(end: Core): string[] {
    const wrong: string[] = [];
    const early = this.early;
    if (early?.memoryBytes !== end.memoryBytes)
      wrong.push(`the core's memory was ${early?.memoryBytes} bytes early and is ${end.memoryBytes}`);
    if (early?.liveHandles !== end.liveHandles)
      wrong.push(`the core's handles were ${early?.liveHandles} early and are ${end.liveHandles}`);
    if (this.slope() > MB_A_MINUTE_MAX) wrong.push(`workerd grows by ${this.slope().toFixed(2)} MB a minute`);
    return wrong;
  }

  get judged(): Sample[] {
    return this.samples.filter(({ seconds }) => seconds >= JUDGED_FROM * this.#length);
  }

  slope(): number {
    return mbAMinute(this.judged, ({ workerdMb }) => workerdMb);
  }
}

/** Runs it; `note` is told how it goes, about every ten seconds. */
export async function soak(options: SoakOptions, note: (text: string) => void): Promise<SoakResult> {
  const server = await startServer({
    vars: { ...varsOf(options.minutes), ...places(options.sockets) },
    v8Flags: V8_FLAGS,
  });
  const run = new Soak(server, options, note);
  try {
    return await finish(run, note);
  } finally {
    await Promise.all(run.members.map(({ room }) => room.close()));
    await server[Symbol.asyncDispose]();
  }
}

async function finish(run: Soak, note: (text: string) => void): Promise<SoakResult> {
  await run.gather();
  note(`${run.members.length} people are in ${run.byRoom().length} rooms`);
  await run.run();
  note("nobody writes any more; waiting for what is under way");
  const failures = await run.settle();
  failures.push(...run.members.flatMap(({ problems }) => problems));
  for (const members of run.byRoom()) failures.push(...(await wrongInRoom(run.server, members)));
  const { core, delivered } = await run.status();
  if (run.options.judgesMemory) failures.push(...run.growth(core));
  if (run.counts.kills < run.options.kills) failures.push(`only ${run.counts.kills} kills`);
  return {
    ...{ failures, seconds: Math.round(run.seconds) },
    ...run.acknowledged(),
    ...run.counts,
    ...{ delivered, core: { early: run.early, end: core } },
    ...{ workerdMbAMinute: run.slope(), mbAMinute: slopes(run.judged) },
  };
}
