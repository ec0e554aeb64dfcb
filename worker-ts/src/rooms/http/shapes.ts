// The shapes of the HTTP API as zod schemas, and how rows become them. A field of a shape is never left out: null
// when it has no value. Times are ms since 1970.
import * as z from "zod";
import { type Caller, isWellFormed, utf8Length } from "../../platform";
import type { MemberRole, RoomRow } from "../directory/room-table";
import { messageIdText } from "../message-id";
import type { StoredMessage } from "../operation";
import { TEXT_BYTES_MAX, TITLE_BYTES_MAX } from "../protocol";

/** Most bytes of UTF-8 in a topic, which no frame carries. */
const TOPIC_BYTES_MAX = 1_024;

/** An hour: longer than that a room is better closed. */
const SLOW_MODE_MS_MAX = 3_600_000;
/** Thirty days. */
const EDIT_WINDOW_MS_MAX = 2_592_000_000;

const time = z.int().nonnegative();
const role = z.enum(["owner", "moderator", "member", "banned"]);

const wellFormed = z.string().refine(isWellFormed, "the text holds half a character");
const inBytes = (max: number) => (text: string) => utf8Length(text) <= max;

/** A room's id, as people choose it. */
export const roomId = z.string().regex(/^[a-z0-9-]{3,48}$/, "an id has 3 to 48 characters of a-z, 0-9 and -");
export const title = wellFormed
  .trim()
  .min(1, "a title is needed")
  .refine(inBytes(TITLE_BYTES_MAX), `a title may have ${TITLE_BYTES_MAX} bytes`);
export const topic = wellFormed.refine(inBytes(TOPIC_BYTES_MAX), `a topic may have ${TOPIC_BYTES_MAX} bytes`);
export const visibility = z.enum(["public", "private"]);
/** Time between two messages of a member, 0 for none; and how long a message may be edited, 0 for always. In ms. */
export const slowModeMs = z.int().min(0).max(SLOW_MODE_MS_MAX);
export const editWindowMs = z.int().min(0).max(EDIT_WINDOW_MS_MAX);
/** A message's text. Empty means erased, so nobody may write it; too long has a code of its own. */
export const text = wellFormed.min(1, "a message needs text").refine(inBytes(TEXT_BYTES_MAX), {
  message: `a text may have ${TEXT_BYTES_MAX} bytes`,
  params: { code: "too_large" },
});
/** A seq as a number of a JSON body. */
export const seq = z.int().positive();
/** Whole numbers of a query, written as text. */
export const wholeNumber = z
  .string()
  .regex(/^\d{1,15}$/, "a whole number is needed")
  .transform(Number);

/** Path of everything in a room. */
export const roomPath = z.object({ id: roomId });

export const roomShape = z
  .object({
    id: roomId,
    title: z.string(),
    topic: z.string(),
    visibility,
    createdBy: z.string().nullable(),
    createdAt: time,
    closedAt: time.nullable(),
    slowModeMs: z.int(),
    editWindowMs: z.int(),
    lastAt: time.nullable(),
    role: role.nullable(),
  })
  .meta({ id: "Room", description: "`role` is the caller's, null for no member; `lastAt` the newest entry's time." });

export const userShape = z
  .object({ id: z.string(), name: z.string(), guest: z.boolean(), avatarUrl: z.url().nullable() })
  .meta({ id: "User" });

export const memberShape = z.object({ user: userShape, role, joinedAt: time }).meta({ id: "Member" });

export const messageShape = z
  .object({
    id: z.string().meta({ description: "`<roomId>.<seq>`" }),
    roomId,
    seq,
    clientId: z.uuid(),
    author: z.object({ id: z.string(), name: z.string(), guest: z.boolean() }),
    text: z.string(),
    files: z.array(z.never()),
    ts: time,
    replyTo: seq.nullable(),
    editedAt: time.nullable(),
    deletedAt: time.nullable(),
    pinned: z.boolean(),
    reactions: z.array(z.object({ emoji: z.string(), count: z.int(), mine: z.boolean() })),
  })
  .meta({ id: "Message" });

/** A message as answers show it. */
export type MessageShape = z.infer<typeof messageShape>;

/** The answer for a room. */
export function toRoom(row: RoomRow, role: MemberRole | null): z.infer<typeof roomShape> {
  const { headSeq: _, configVersion: __, ...shown } = row;
  return { ...shown, role };
}

/** The answer for a caller. */
export function toUser({ userId, name, guest, avatarUrl }: Caller): z.infer<typeof userShape> {
  return { id: userId, name, guest, avatarUrl };
}

/** The answer for a message of a room. */
export function toMessage(roomId: string, stored: StoredMessage): MessageShape {
  const { seq, ts, id, author, text, replyTo } = stored;
  return {
    id: `${roomId}.${seq}`,
    roomId,
    seq,
    clientId: messageIdText(id),
    author: { id: author.userId, name: author.name, guest: author.guest },
    text,
    files: [],
    ts,
    replyTo: replyTo === 0 ? null : replyTo,
    editedAt: null,
    deletedAt: null,
    pinned: false,
    reactions: [],
  };
}
