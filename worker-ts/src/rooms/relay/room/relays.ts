// The relays of a room: which stand, who goes where, what is sent to them. The room's log stays the one truth: an entry is pushed once
// it is stored, and a row in `due` that is stored with it has the alarm push again until each relay says that it has it.
import { logFailure } from "../../../platform/log";
import type { Due } from "../../log/due";
import type { Log } from "../../log/log";
import type { Meta } from "../../log/tables";
import type { RoomConfig } from "../../operation";
import type { RoomSettings } from "../../settings";
import type { Cast } from "../../socket/frame/load";
import type { Crowd } from "../../socket/live/presence";
import { pack } from "../bundle";
import type { Bundle, Push, RelayEvent, RelayLine, Report } from "../shapes";
import { type Counted, Line, type LineParts, NOBODY } from "./line";
import { ranked } from "./place";
import type { RaisedEvent, RelayTable } from "./relay-table";

/** What the relays of a room work with. */
export interface RelaysParts {
  readonly table: RelayTable;
  readonly meta: Meta;
  readonly due: Due;
  readonly settings: RoomSettings;
  readonly epoch: Uint8Array;
  readonly log: () => Log;
  readonly config: () => RoomConfig;
  /** Entries that are stored, and wait for the end of a tick. */
  readonly unsent: () => number;
  /** Somebody has come or gone behind a relay. */
  readonly changed: () => void;
  /** The relay of a number; absent where the Worker has no relays. */
  readonly relayOf: ((n: number) => RelayLine) | undefined;
  readonly inTime: <T>(promise: Promise<T>) => Promise<T>;
}

/** One relay, as those see it who watch over rooms. */
export interface WatchedRelay {
  readonly n: number;
  /** Open sockets there, when it last said so. */
  readonly sockets: number;
  /** Everything up to this seq has left for them. */
  readonly at: number;
}

/** The relays of a room. */
export class Relays {
  readonly #parts: RelaysParts;
  readonly #lines = new Map<number, Line>();
  /** Whether the alarm is to look after the relays, as far as this life knows. */
  #isDue = false;
  /** Whether somebody has come or gone since it was written down how many there are. */
  #isUnsaved = false;
  /** `id` of the newest event. */
  #latest: number;

  constructor(parts: RelaysParts) {
    this.#parts = parts;
    this.#latest = parts.table.events(0).at(-1)?.id ?? 0;
    const had = this.#saved();
    for (const { n, told } of parts.table.list()) this.#add(n, told, had.get(n));
  }

  /** Connections and people behind relays, as they last said. */
  get crowd(): Crowd {
    let connections = 0;
    let people = 0;
    for (const { counted } of this.#lines.values()) {
      connections += counted.connections;
      people += counted.people;
    }
    return { connections, people };
  }

  /** Whether anybody is behind a relay, or may be. */
  get hasAnybody(): boolean {
    for (const line of this.#lines.values()) if (line.hasConnections) return true;
    return false;
  }

  /** The relays that stand. */
  get numbers(): number[] {
    return [...this.#lines.keys()];
  }

  /** The room was put back to another time: its relays, those too that stood `before`, learn of the epoch and have their connections begin anew. */
  restored(before: readonly number[]): void {
    this.stand(before);
    this.#parts.table.reset();
    this.#latest = 0;
    for (const line of this.#lines.values()) line.forget();
    this.#save();
    this.#parts.changed();
    this.tellAll();
  }

  /** These relays stood before the room lost all that it held: they must hear of that. */
  stand(before: readonly number[]): void {
    for (const n of before) this.line(n);
  }

  /** This life of the room is over, for its storage is another one now: its timers have nothing to say to relays. */
  end(): void {
    for (const line of this.#lines.values()) line.end();
  }

  /** Where another socket of this user may go: a relay with room, one more if none has; undefined where all are full. */
  place(userId: string): number | undefined {
    const { settings, relayOf, table } = this.#parts;
    if (relayOf === undefined) return undefined;
    const found = ranked(userId, [...this.#lines.keys()]).find((n) => this.#hasRoom(n));
    if (found === undefined && this.#lines.size >= settings.relaysMax) return undefined;
    const n = found ?? 1 + Math.max(0, ...this.#lines.keys());
    if (found === undefined) {
      table.stand(n);
      this.#add(n, table.list().find((row) => row.n === n)?.told ?? 0);
    }
    const line = this.#lines.get(n);
    if (line !== undefined) line.granted++;
    return n;
  }

  #hasRoom(n: number): boolean {
    const line = this.#lines.get(n);
    return line !== undefined && (line.report?.sockets ?? 0) + line.granted < this.#parts.settings.relaySocketsMax;
  }

  /** A relay says that it has no room, whatever was thought here. */
  full(n: number): void {
    const line = this.#lines.get(n);
    if (line !== undefined) line.granted = this.#parts.settings.relaySocketsMax;
  }

  /** The line to a relay. One that is not known stands from now on: the room was purged, and it was not. */
  line(n: number): Line {
    const line = this.#lines.get(n);
    if (line !== undefined) return line;
    this.#parts.table.stand(n);
    return this.#add(n, 0);
  }

  #add(n: number, told: number, had: Counted = NOBODY): Line {
    const parts: LineParts = {
      stub: (number) => {
        if (this.#parts.relayOf === undefined) throw new Error("there are no relays here");
        return this.#parts.relayOf(number);
      },
      push: (bundles, known) => this.#push(bundles, known < this.#latest ? this.#parts.table.events(known) : []),
      heard: (spoken, before, counted) => this.#heard(spoken, before, counted),
      failed: (_failed, reason) => {
        logFailure("reach a relay", reason);
        this.noteEntry();
      },
      inTime: this.#parts.inTime,
      now: this.#parts.settings.now,
    };
    const line = new Line(n, told, parts, had);
    this.#lines.set(n, line);
    return line;
  }

  /** Takes what is broadcast. */
  hand(casts: readonly Cast[]): void {
    let bundle: Bundle | undefined;
    for (const line of this.#lines.values()) {
      if (!line.hasConnections) continue;
      bundle ??= pack(casts);
      line.add(bundle);
    }
  }

  /** An entry was stored: whatever becomes of this life, the relays will hear of it. One row a second at most. */
  noteEntry(): void {
    if (this.#isDue || this.#lines.size === 0) return;
    const { due, settings } = this.#parts;
    due.provide("relays", settings.now() + settings.relayRetryMs);
    this.#isDue = true;
  }

  /** Has all relays do something with sockets of a user: stored now, sent at once. */
  tell(event: RaisedEvent extends infer Event ? (Event extends unknown ? Omit<Event, "conn"> : never) : never): void {
    if (this.#lines.size === 0) return;
    const conn = this.#parts.meta.find("next_conn") ?? 1;
    this.#latest = this.#parts.table.raise({ ...event, conn } as RaisedEvent);
    this.tellAll();
  }

  /** Tells all relays how things stand: the room's end, its epoch and its configuration need no event. */
  tellAll(): void {
    this.noteEntry();
    for (const line of this.#lines.values()) line.stir();
  }

  /** The alarm: whoever is behind is told again, and it comes again while anybody is, or is there. */
  look(now: number): void {
    const { due, settings } = this.#parts;
    this.#isDue = false;
    if (this.#isUnsaved) this.#save();
    const behind = [...this.#lines.values()].filter((line) => this.#isBehind(line));
    for (const line of behind) line.stir();
    if (behind.length > 0) this.noteEntry();
    else if (this.crowd.connections > 0) {
      // a relay that ended with its sockets says nothing of it; who has just spoken need not be asked
      for (const line of this.#lines.values())
        if (line.hasConnections && now - line.heardAt > settings.sweepMs / 2) line.stir();
      due.provide("relays", now + settings.sweepMs);
    }
  }

  #isBehind(line: Line): boolean {
    const { report } = line;
    if (report === undefined || !line.well || report.told < this.#latest) return true;
    return report.connections > 0 && report.at < this.#head;
  }

  /** What the relays stand at, for those who watch. */
  watch(): WatchedRelay[] {
    return [...this.#lines].map(([n, { report, counted }]) => ({ n, sockets: counted.sockets, at: report?.at ?? 0 }));
  }

  #heard({ n, report }: Line, before: Report | undefined, had: Counted): void {
    if (report === undefined) return;
    if (report.told > (before?.told ?? 0)) this.#parts.table.told(n, report.told);
    const { sockets, connections, people } = report;
    if (had.sockets !== sockets || had.connections !== connections || had.people !== people) this.#saveSoon();
    // what was known before this life may have been told to nobody
    if (before?.connections !== connections || before.people !== people) this.#parts.changed();
  }

  /** How many there are is known when the room wakes: written down now and then while they come and go, by the alarm. */
  #saveSoon(): void {
    if (this.#isUnsaved) return;
    const { due, settings } = this.#parts;
    due.provide("relays", settings.now() + settings.totalsMs);
    this.#isUnsaved = true;
  }

  #save(): void {
    this.#isUnsaved = false;
    const rows = [...this.#lines].map(
      ([
        n,
        {
          counted: { sockets, connections, people },
        },
      ]) => [n, { sockets, connections, people }],
    );
    this.#parts.meta.set("crowd", JSON.stringify(rows));
  }

  #saved(): Map<number, Counted> {
    return new Map(JSON.parse(this.#parts.meta.find("crowd") ?? "[]") as [number, Counted][]);
  }

  get #head(): number {
    return this.#parts.log().head - this.#parts.unsent();
  }

  #push(bundles: readonly Bundle[], events: readonly RelayEvent[]): Push {
    const { meta, config, epoch } = this.#parts;
    const removed = meta.find("removed") === 1;
    return { epoch, head: this.#head, slowModeMs: config().slowModeMs, removed, bundles, events };
  }
}
