// Pages of history: as HISTORY_PAGE for sockets and as messages for HTTP, both of the log as it stands now.
import { decode, encode, HISTORY_DIRECTION, KIND, LIMIT, PAGE_FLAG, PERSON_FLAG } from "@ferrule/core";
import type { PageAnswer, PageQuery, StoredMessage } from "../operation";
import type { Log, StoredEntry } from "./log";
import { PERSON_BYTES_MAX, type People, type Person } from "./people";

/** A HISTORY_REQ that may wait for the window: `direction` is one of HISTORY_DIRECTION. */
export interface PageRequest {
  readonly id: Uint8Array;
  readonly direction: number;
  readonly from: number;
  readonly limit: number;
}

/** Bytes of a page body besides its people and entries: flags, three seqs, two counts, the frame of PEOPLE. */
const OVERHEAD_BYTES = 64;

interface Slice<T> {
  /** By rising seq. */
  readonly entries: readonly T[];
  /** Whether there are more in the direction asked. */
  readonly more: boolean;
}

/** Up to `limit` of the entries, which come nearest first, as many as `fits` lets in; the first always does. */
function slice<T>(
  nearest: Iterable<T>,
  direction: "before" | "after",
  limit: number,
  fits: (entry: T) => boolean,
): Slice<T> {
  const entries: T[] = [];
  let more = false;
  for (const entry of nearest) {
    if (entries.length === limit || (!fits(entry) && entries.length > 0)) {
      more = true;
      break;
    }
    entries.push(entry);
  }
  return { entries: direction === "before" ? entries.reverse() : entries, more };
}

/**
 * The answer to a HISTORY_REQ: one frame whose body is at most PAGE_BYTES_MAX. A page never leaps over messages that only the
 * archive has: one that would begin behind them is empty, with ARCHIVE.
 */
export function historyPage(log: Log, people: People, request: PageRequest, ts: number): Uint8Array {
  const { direction, from } = request;
  const back = direction === HISTORY_DIRECTION.BEFORE;
  const leaps = !back && log.hasTrimmed(from, log.head);
  const { entries, more } = leaps ? { entries: [], more: false } : historySlice(log, request);
  const archive = back ? !more && log.hasTrimmed(0, entries[0]?.seq ?? (from === 0 ? log.head : from)) : leaps;
  const refs = new Set(entries.map((entry) => entry.ref));
  return encode({
    kind: "HISTORY_PAGE",
    ts,
    id: request.id,
    body: {
      flags: (more ? PAGE_FLAG.MORE : 0) | (archive ? PAGE_FLAG.ARCHIVE : 0),
      asOf: log.head,
      firstSeq: entries.at(0)?.seq ?? 0,
      lastSeq: entries.at(-1)?.seq ?? 0,
      list: entries.length === 0 ? [] : [...people.frames(refs, ts), ...entries.map((entry) => entry.frame)],
    },
  });
}

/** What a HISTORY_REQ may hold: as many as fit into a frame with the people who wrote them. */
function historySlice(log: Log, { direction, from, limit }: PageRequest): Slice<StoredEntry> {
  const where = direction === HISTORY_DIRECTION.BEFORE ? "before" : "after";
  const senders = new Set<number>();
  let bytes = OVERHEAD_BYTES;
  return slice(log.near([KIND.MSG, KIND.SYSTEM], where, from), where, limit, ({ ref, frame }) => {
    bytes += frame.byteLength + (ref === 0 || senders.has(ref) ? 0 : PERSON_BYTES_MAX);
    senders.add(ref);
    return bytes <= LIMIT.PAGE_BYTES_MAX;
  });
}

/** The answer to an HTTP query: messages alone, without the entries of the room itself. */
export function messagePage(log: Log, people: People, query: PageQuery): PageAnswer {
  const direction = query.after === undefined ? "before" : "after";
  const nearest = log.messages(direction, query.after ?? query.before ?? 0);
  const { entries, more } = slice(nearest, direction, query.limit, () => true);
  const authors = authorsOf(people, entries);
  const trimmed = entries
    .filter(({ frame }) => frame === null)
    .map(({ seq, ts, ref }) => ({ seq, ts, author: authorOf(authors, ref) }));
  const whole = entries.flatMap(({ ref, frame }) => (frame === null ? [] : { ref, frame }));
  return { trimmed, messages: messagesOf(people, whole, authors), head: log.head, more };
}

/** Messages as HTTP shows them, each with its author as known now. */
export function messagesOf(
  people: People,
  entries: readonly Pick<StoredEntry, "ref" | "frame">[],
  authors = authorsOf(people, entries),
): StoredMessage[] {
  return entries.map(({ ref, frame }) => {
    const message = decode("down", frame);
    if ("skip" in message || message.kind !== "MSG" || message.id === null)
      throw new Error("an entry of the log is no message");
    return {
      seq: message.seq,
      ts: message.ts,
      id: message.id,
      author: authorOf(authors, ref),
      text: message.body.text,
      replyTo: message.body.replyTo,
    };
  });
}

type Authors = ReadonlyMap<number, Person>;

function authorsOf(people: People, entries: readonly Pick<StoredEntry, "ref">[]): Authors {
  return new Map(people.find(new Set(entries.map((entry) => entry.ref))).map((person) => [person.ref, person]));
}

function authorOf(authors: Authors, ref: number): StoredMessage["author"] {
  const author = authors.get(ref);
  if (author === undefined) throw new Error("nobody wrote an entry of the log");
  return { userId: author.userId, name: author.name, guest: (author.flags & PERSON_FLAG.GUEST) !== 0 };
}
