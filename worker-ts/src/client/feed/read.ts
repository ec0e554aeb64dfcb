// Frames and HTTP answers as the application's entries. The one place that knows both shapes.
import {
  type DeleteFrame,
  type EditFrame,
  EXT,
  findExt,
  HISTORY_DIRECTION,
  type HistoryPageFrame,
  type MsgFrame,
  PAGE_FLAG,
  type ReactFrame,
  readEdited,
  readErased,
  readFiles,
  type SystemFrame,
  type TallyFrame,
  type UnreactFrame,
  uuidText,
} from "@ferrule/core";
import type { FileInfo, Message, Page, Reaction, SystemEntry } from "../entry";
import type { ChangeEvent } from "../events";
import { fileInfo } from "../file";
import { RoomError } from "../room-error";
import type { People } from "./people";

/** A page request as it is sent: seqs, `from` 0 = from the newest. */
export interface PageRequest {
  readonly direction: number;
  readonly from: number;
  readonly limit: number;
}

/** A message of the log. Its text is decoded when it is read. */
export function readMessage(
  frame: MsgFrame,
  people: People,
  selfRef: number,
  reactions: readonly Reaction[] = [],
): Message {
  const edited = readEdited(findExt(frame, EXT.EDITED));
  const erased = readErased(findExt(frame, EXT.ERASED));
  const files = readFiles(findExt(frame, EXT.FILES)) ?? [];
  return {
    seq: frame.seq,
    ts: frame.ts,
    clientId: uuidText(frame.id!),
    sender: frame.sender,
    author: people.author(frame.sender),
    mine: frame.sender === selfRef,
    get text() {
      return frame.body.text;
    },
    files: files.map(fileInfo),
    replyTo: frame.body.replyTo || null,
    editedAt: edited?.editTs ?? null,
    editSeq: edited?.editSeq ?? null,
    deletedAt: erased?.deleteTs ?? null,
    reactions,
  };
}

/** What an entry of the log does to a message. */
export function readChange(
  frame: EditFrame | DeleteFrame | ReactFrame | UnreactFrame,
  people: People,
  selfRef: number,
): ChangeEvent {
  const { seq, ts, sender, body } = frame;
  const person = people.meet(sender);
  const change = {
    seq,
    ts,
    target: body.target,
    sender,
    mine: sender === selfRef,
    ...(person === undefined ? {} : { person }),
  };
  switch (frame.kind) {
    case "EDIT":
      return {
        type: "edit",
        ...change,
        get text() {
          return frame.body.text;
        },
      };
    case "DELETE":
      return { type: "delete", ...change };
    case "REACT":
      return { type: "react", ...change, emoji: frame.body.emoji };
    case "UNREACT":
      return { type: "unreact", ...change, emoji: frame.body.emoji };
  }
}

/** All reactions of a message. Own ones are always among the refs of a TALLY, so `mine` is certain. */
function readTally(frame: TallyFrame, people: People, selfRef: number): Reaction[] {
  return frame.body.list.map(({ emoji, total, refs }) => ({
    emoji,
    count: total,
    mine: refs.includes(selfRef),
    people: refs.flatMap((ref) => people.find(ref) ?? []),
  }));
}

/** A room event of the log. */
export function readSystem(frame: SystemFrame): SystemEntry {
  const { event, subject, text } = frame.body;
  return { seq: frame.seq, ts: frame.ts, event, sender: frame.sender, subject, text };
}

/** A page of the socket. `archived`: what comes next in this direction is to be had by HTTP only. */
export function readPage(
  frame: HistoryPageFrame,
  request: PageRequest,
  people: People,
  selfRef: number,
): Page & { readonly archived: boolean } {
  const { flags, asOf, firstSeq, lastSeq, list } = frame.body;
  const messages: Message[] = [];
  const system: SystemEntry[] = [];
  const tallies = new Map<number, TallyFrame>();
  for (const inner of list) if ("kind" in inner && inner.kind === "TALLY") tallies.set(inner.body.target, inner);
  for (const inner of list) {
    if ("skip" in inner) continue;
    const tally = tallies.get(inner.seq);
    const reactions = tally === undefined ? [] : readTally(tally, people, selfRef);
    if (inner.kind === "MSG") messages.push(readMessage(inner, people, selfRef, reactions));
    else if (inner.kind === "SYSTEM") system.push(readSystem(inner));
  }
  const archived = (flags & PAGE_FLAG.ARCHIVE) !== 0;
  const moreHere = (flags & PAGE_FLAG.MORE) !== 0;
  const covers = covered(request, { first: firstSeq, last: lastSeq, asOf, cut: moreHere || archived });
  return { messages, system, covers, more: moreHere || archived, asOf, archived: archived && !moreHere };
}

/** The stretch a page speaks for: up to the border asked for, and to the end of the log where nothing was cut off. */
function covered(
  request: PageRequest,
  page: { readonly first: number; readonly last: number; readonly asOf: number; readonly cut: boolean },
): Page["covers"] {
  const empty = page.last === 0;
  if (empty && page.cut) return null;
  const before = request.direction === HISTORY_DIRECTION.BEFORE;
  const from = before ? (page.cut ? page.first : 1) : request.from + 1;
  const to = before ? (request.from === 0 ? page.asOf : request.from - 1) : page.cut ? page.last : page.asOf;
  return from <= to ? { from, to } : null;
}

/** The answer of `GET /api/rooms/{id}/messages` as a page. Throws RoomError `bad_answer` when it has another shape. */
export function readHttpPage(answer: unknown, request: PageRequest, selfId: string | undefined): Page {
  const { messages: rows, before, after, head } = fields(answer);
  if (!Array.isArray(rows) || typeof head !== "number") throw badAnswer();
  const messages = rows.map((row) => readHttpMessage(row, selfId)).sort((a, b) => a.seq - b.seq);
  const more = typeof (request.direction === HISTORY_DIRECTION.BEFORE ? before : after) === "number";
  const [first = 0, last = 0] = [messages[0]?.seq, messages.at(-1)?.seq];
  return { messages, system: [], covers: covered(request, { first, last, asOf: head, cut: more }), more, asOf: head };
}

function readHttpMessage(row: unknown, selfId: string | undefined): Message {
  const { seq, ts, clientId, author, text, files, replyTo, editedAt, deletedAt, reactions } = fields(row);
  const { id, name, guest } = fields(author);
  if (typeof seq !== "number" || typeof ts !== "number" || typeof text !== "string") throw badAnswer();
  if (typeof id !== "string" || typeof name !== "string") throw badAnswer();
  return {
    seq,
    ts,
    clientId: typeof clientId === "string" ? clientId : "",
    sender: 0,
    author: { id, name, guest: guest === true },
    mine: id === selfId,
    text,
    files: Array.isArray(files) ? files.map(readHttpFile) : [],
    replyTo: typeof replyTo === "number" ? replyTo : null,
    editedAt: typeof editedAt === "number" ? editedAt : null,
    editSeq: null,
    deletedAt: typeof deletedAt === "number" ? deletedAt : null,
    reactions: Array.isArray(reactions) ? reactions.map(readHttpReaction) : [],
  };
}

function readHttpReaction(row: unknown): Reaction {
  const { emoji, count, mine } = fields(row);
  if (typeof emoji !== "string" || typeof count !== "number") throw badAnswer();
  return { emoji, count, mine: mine === true };
}

/** A file as HTTP tells it, alone or on a message. */
export function readHttpFile(row: unknown): FileInfo {
  const { id, name, mime, size, width, height } = fields(row);
  if (typeof id !== "string" || typeof name !== "string" || typeof mime !== "string") throw badAnswer();
  if (typeof size !== "number" || typeof width !== "number" || typeof height !== "number") throw badAnswer();
  return { id, name, mime, size, width, height };
}

/** The fields of an object that came from outside. */
export function fields(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null) throw badAnswer();
  return value as Record<string, unknown>;
}

/** What came over HTTP is not what this client knows. */
function badAnswer(): RoomError {
  return new RoomError("bad_answer", "the server's answer has an unknown shape", { fatal: true });
}
