// People who write, edit, erase and react in one room while the queue delivers twice and out of order; and what has to be true of it
// afterwards: what was acknowledged is there once, in order, nobody has heard more than that, and the archive has all of it.
import { join as joinPath } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { archived, type LogRow, logged, logSize, query } from "../../harness/archive.ts";
import { call, guest, history, join, standing, type Told } from "../../harness/people.ts";
import type { Server } from "../../harness/server/server.ts";
import { hearing, OWN, Writer } from "../writer.ts";
import { type Findings, isInTime, type Kind, pause } from "./findings.ts";
import type { Compared, Load } from "./load.ts";

const PEOPLE = 8;
const ROOM = "lobby";
const FINISH_MS_MAX = 120_000;
const CLOSE_MS_MAX = 10_000;
/** The last try to send a batch again comes 36 times ARCHIVE_RESEND_MS after the one before. */
const ARCHIVE_MS_MAX = 180_000;

/** The archive in seconds where production has minutes, and no limit on writing; the log stays whole. */
export const ROOM_VARS = {
  LOCAL_QUEUE: "twice,shuffle",
  ARCHIVE_FLUSH_MS: "300",
  ARCHIVE_RESEND_MS: "2000",
  TRIM_MS: "1000",
  TRIM_AGE_MS: "86400000",
  RATE_WRITE: "100000/100000",
  RATE_REACT: "100000/100000",
  RATE_CONTROL: "100000/100000",
  RATE_BYTES: "1000000000/1000000000",
};
const KEPT = 50;
/** The number of messages among the kinds of entries on the wire. */
const MESSAGE = 4;
/** With these the log is trimmed down to the newest. */
const TRIMMING = { ...ROOM_VARS, TRIM_AGE_MS: "0", TRIM_KEEP_ENTRIES: String(KEPT) };

/** One room under load. */
export class RoomsLoad implements Load {
  readonly name = "rooms";
  readonly inD1 = false;
  readonly writers: Writer[] = [];
  readonly #server: Server;
  /** How often the disk was looked at; and how often messages were under way then, and stored ones not in the archive. */
  #looks = 0;
  #underWay = 0;
  #unarchived = 0;

  constructor(server: Server) {
    this.#server = server;
  }

  get acknowledged(): number {
    return this.writers.reduce((sum, { acknowledged, changed }) => sum + acknowledged.size + changed.size, 0);
  }

  async begin(): Promise<void> {
    const { url } = this.#server;
    for (let n = 0; n < PEOPLE; n++) {
      const person = await guest(url);
      await join(url, ROOM, person);
      this.writers.push(new Writer(url, ROOM, person, n % 2 === 1));
    }
    if (!(await isInTime(() => this.writers.every(({ acknowledged }) => acknowledged.size > 3), FINISH_MS_MAX)))
      throw new Error("somebody in the room is never heard");
  }

  handleRound(): void {}

  /** What half of them store from here on is not acknowledged, and comes again after the kill. */
  handleLastWords(): void {
    hearing.lost = true;
  }

  inspect(findings: Findings): void {
    const { state } = this.#server;
    const rows = logged(state);
    this.#looks += 1;
    if (this.writers.some(({ room }) => room.unsent > 0)) this.#underWay += 1;
    if (rows.filter(({ kind }) => kind === MESSAGE).length > archivedCount(state)) this.#unarchived += 1;
    this.#compareRows(findings, rows);
  }

  handleReturn(): void {
    hearing.lost = false;
    for (const { room } of this.writers) room.retryNow();
  }

  async finish(findings: Findings): Promise<void> {
    hearing.lost = false;
    let over = false;
    // who was refused rejects: the comparison tells what, and why
    void Promise.allSettled(this.writers.map((writer) => writer.finish())).then(() => {
      over = true;
    });
    if (!(await isInTime(() => over, FINISH_MS_MAX)))
      findings.note(
        "stuck",
        `${this.writers.reduce((sum, { room }) => sum + room.unsent, 0)} messages are never acknowledged`,
      );
    const rows = logged(this.#server.state);
    const isHeard = () => this.writers.every(({ heard }) => heard.at(-1)?.seq === rows.length);
    if (!(await isInTime(isHeard, FINISH_MS_MAX))) findings.note("stuck", "somebody does not hear the end of the log");
    await Promise.all(this.writers.map(({ room }) => room.close()));
  }

  async compare(findings: Findings): Promise<Compared> {
    const { url, state } = this.#server;
    const reader = this.writers[0]!.guest;
    const log = await history(url, ROOM, reader);
    const rows = logged(state);
    this.#compareRows(findings, rows);
    this.#compareLog(findings, log);
    for (const writer of this.writers) compareHeard(findings, writer, log, rows);
    const entries = log.map(standing);
    const isArchived = () => isDeepStrictEqual(archived(state, ROOM).map(standing), entries);
    if (!(await isInTime(isArchived, ARCHIVE_MS_MAX)))
      compareArchive(findings, archived(state, ROOM).map(standing), entries);
    else await this.#compareTrimmed(findings, entries);
    const heard = this.writers.reduce((sum, writer) => sum + writer.heard.length, 0);
    const { acknowledged } = this;
    const checked = { acknowledged, entries: rows.length, heard, archived: archived(state, ROOM).length };
    const looks = { looks: this.#looks, underWay: this.#underWay, unarchived: this.#unarchived };
    return { checked: { ...checked, ...looks }, seen: {} };
  }

  /** The log has no gap and nothing twice, and everything acknowledged where it was said; also while the server is down. */
  #compareRows(findings: Findings, rows: readonly LogRow[]): void {
    for (const [at, { seq }] of rows.entries())
      if (seq !== at + 1) findings.note("torn", `the log has ${seq} at place ${at + 1}`);
    const places = new Map<string, number[]>();
    for (const { clientId, seq } of rows) places.set(clientId, [...(places.get(clientId) ?? []), seq]);
    for (const [id, all] of places) if (all.length > 1) findings.note("doubled", `${id} is in the log at ${all}`);
    for (const { acknowledged, changed } of this.writers)
      for (const [id, seq] of [...acknowledged, ...changed])
        if (seq !== 0 && !places.get(id)?.includes(seq))
          findings.note("lost", `${id}, acknowledged at ${seq}, is at ${places.get(id)}`);
  }

  /** Of each person there is what was acknowledged and nothing else, in the order written, each as its author left it. */
  #compareLog(findings: Findings, told: readonly Told[]): void {
    for (const { guest: person, written, acknowledged, problems } of this.writers) {
      for (const problem of problems) findings.note("torn", `${person.name}: ${problem}`);
      const stored = told.filter(({ author }) => author.id === person.userId);
      for (const { clientId, seq } of stored)
        if (acknowledged.get(clientId) !== seq)
          findings.note("doubled", `${clientId} at ${seq} was never acknowledged`);
      difference(
        findings,
        "torn",
        `what ${person.name} wrote`,
        stored.map(({ text, editedAt, deletedAt, reactions }) => ({
          ...{ text, edited: editedAt !== null, erased: deletedAt !== null },
          reacted: reactions.some(({ emoji, count }) => emoji === OWN && count === 1),
        })),
        written,
      );
    }
  }

  /** The history is the same while the log is trimmed, and over the border. One more message has the room look what may go. */
  async #compareTrimmed(findings: Findings, entries: readonly { seq: number }[]): Promise<void> {
    await this.#server.restart(TRIMMING);
    const { url, state } = this.#server;
    const reader = this.writers[0]!.guest;
    await call(url, `/api/rooms/${ROOM}/messages`, reader, { text: "one more" });
    const told = async () => (await history(url, ROOM, reader)).slice(0, entries.length).map(standing);
    const trimmed = async () => {
      difference(findings, "torn", "the history while the log is trimmed", await told(), entries);
      return logSize(state).whole <= KEPT;
    };
    if (!(await isInTime(trimmed, ARCHIVE_MS_MAX))) findings.note("stuck", "the log is never trimmed");
    difference(findings, "torn", "the history over the border of the log", await told(), entries);
  }

  async end(): Promise<void> {
    hearing.lost = false;
    for (const writer of this.writers) writer.end();
    await this.#close();
  }

  /** Closing tells the room what is left to tell, and so may take as long as the room likes. */
  async #close(): Promise<void> {
    await Promise.race([Promise.all(this.writers.map(({ room }) => room.close())), pause(CLOSE_MS_MAX)]);
  }
}

/** Somebody has heard the log, all of it from some entry on, in its order and nothing besides; and what that comes to is what stands. */
function compareHeard(findings: Findings, writer: Writer, told: readonly Told[], rows: readonly LogRow[]): void {
  const { heard, view, resets, guest: person } = writer;
  const first = heard[0]?.seq ?? 1;
  const log = rows.slice(first - 1).map(({ seq, kind, target }) => ({ seq, kind, target }));
  difference(findings, "torn", `what ${person.name} heard`, heard, log);
  const stands = told.filter(({ seq }) => seq >= first).map(standing);
  difference(findings, "torn", `the view of ${person.name}`, view.messages.map(standing), stands);
  if (resets.length > 0) findings.note("torn", `${person.name} was reset`);
  const last = rows.at(-1)?.seq ?? 0;
  for (const { seq } of heard)
    if (seq > last) findings.note("lost", `${person.name} has heard ${seq}, which is not in the log`);
}

function compareArchive(
  findings: Findings,
  stored: readonly { seq: number }[],
  entries: readonly { seq: number }[],
): void {
  const there = new Map(stored.map((entry) => [entry.seq, entry]));
  for (const entry of entries) {
    const found = there.get(entry.seq);
    if (found === undefined) findings.note("lost", `the archive lacks ${entry.seq}`);
    else if (!isDeepStrictEqual(found, entry))
      findings.note("torn", `the archive has ${JSON.stringify(found)} for ${JSON.stringify(entry)}`);
  }
  if (stored.length > entries.length)
    findings.note("doubled", `the archive has ${stored.length} for ${entries.length}`);
}

/** Messages in the archive. */
function archivedCount(state: string): number {
  const sql = "SELECT count(*) AS n FROM message WHERE room_id = ? AND kind = 'MSG'";
  return query<{ n: number }>(joinPath(state, "v3/d1"), "message", sql, ROOM)[0]!.n;
}

/** Notes the first difference of two lists. */
function difference(
  findings: Findings,
  kind: Kind,
  what: string,
  told: readonly unknown[],
  expected: readonly unknown[],
): void {
  if (isDeepStrictEqual(told, expected)) return;
  const at = expected.findIndex((entry, n) => !isDeepStrictEqual(entry, told[n]));
  const place = at < 0 ? expected.length : at;
  const [one, other] = [JSON.stringify(told[place]), JSON.stringify(expected[place])];
  findings.note(kind, `${what}: ${told.length} for ${expected.length}; the ${place + 1}th is ${one} for ${other}`);
}
