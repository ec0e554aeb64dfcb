// Pages of history: as HISTORY_PAGE for sockets and as messages for HTTP, both of the log as it stands now.
import { decode, encode, HISTORY_DIRECTION, KIND, LIMIT, PAGE_FLAG, PERSON_FLAG } from "@ferrule/core";
import type { PageAnswer, PageQuery, StoredMessage } from "../operation";
import type { Log, StoredEntry } from "./log";
import { PERSON_BYTES_MAX, type People } from "./people";

/** A HISTORY_REQ that may wait for the window: `direction` is one of HISTORY_DIRECTION. */
export interface PageRequest {
  readonly id: Uint8Array;
  readonly direction: number;
  readonly from: number;
  readonly limit: number;
}

/** Bytes of a page body besides its people and entries: flags, three seqs, two counts, the frame of PEOPLE. */
const OVERHEAD_BYTES = 64;

interface Slice {
  /** By rising seq. */
  readonly entries: readonly StoredEntry[];
  /** Whether there are more in the direction asked. */
  readonly more: boolean;
}

/** Up to `limit` entries nearest to `from`, as many as `fits` lets in; the first always does. */
function slice(
  log: Log,
  kinds: readonly number[],
  direction: "before" | "after",
  from: number,
  limit: number,
  fits: (entry: StoredEntry) => boolean,
): Slice {
  const entries: StoredEntry[] = [];
  let more = false;
  for (const entry of log.near(kinds, direction, from)) {
    if (entries.length === limit || (!fits(entry) && entries.length > 0)) {
      more = true;
      break;
    }
    entries.push(entry);
  }
  return { entries: direction === "before" ? entries.reverse() : entries, more };
}

/** The answer to a HISTORY_REQ: one frame whose body is at most PAGE_BYTES_MAX. */
export function historyPage(log: Log, people: People, request: PageRequest, ts: number): Uint8Array {
  const senders = new Set<number>();
  let bytes = OVERHEAD_BYTES;
  const { entries, more } = slice(
    log,
    [KIND.MSG, KIND.SYSTEM],
    request.direction === HISTORY_DIRECTION.BEFORE ? "before" : "after",
    request.from,
    request.limit,
    ({ ref, frame }) => {
      bytes += frame.byteLength + (ref === 0 || senders.has(ref) ? 0 : PERSON_BYTES_MAX);
      senders.add(ref);
      return bytes <= LIMIT.PAGE_BYTES_MAX;
    },
  );
  const refs = new Set(entries.map((entry) => entry.ref));
  return encode({
    kind: "HISTORY_PAGE",
    ts,
    id: request.id,
    body: {
      flags: more ? PAGE_FLAG.MORE : 0,
      asOf: log.head,
      firstSeq: entries.at(0)?.seq ?? 0,
      lastSeq: entries.at(-1)?.seq ?? 0,
      list: entries.length === 0 ? [] : [...people.frames(refs, ts), ...entries.map((entry) => entry.frame)],
    },
  });
}

/** The answer to an HTTP query: messages alone, without the entries of the room itself. */
export function messagePage(log: Log, people: People, query: PageQuery): PageAnswer {
  const { entries, more } = slice(
    log,
    [KIND.MSG],
    query.after === undefined ? "before" : "after",
    query.after ?? query.before ?? 0,
    query.limit,
    () => true,
  );
  return { messages: messagesOf(people, entries), head: log.head, more };
}

/** Messages as HTTP shows them, each with its author as known now. */
export function messagesOf(people: People, entries: readonly Pick<StoredEntry, "ref" | "frame">[]): StoredMessage[] {
  const authors = new Map(
    people.find(new Set(entries.map((entry) => entry.ref))).map((person) => [person.ref, person]),
  );
  return entries.map(({ ref, frame }) => {
    const message = decode("down", frame);
    const author = authors.get(ref);
    if ("skip" in message || message.kind !== "MSG" || message.id === null || author === undefined)
      throw new Error("an entry of the log is no message");
    return {
      seq: message.seq,
      ts: message.ts,
      id: message.id,
      author: { userId: author.userId, name: author.name, guest: (author.flags & PERSON_FLAG.GUEST) !== 0 },
      text: message.body.text,
      replyTo: message.body.replyTo,
    };
  });
}
