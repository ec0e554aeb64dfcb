// The shapes of the HTTP API as zod schemas, and how rows become them. A field of a shape is never left out: null
// when it has no value. Times are ms since 1970.
import * as z from "zod";
import { type Caller, isWellFormed, titleField, topicField, utf8Length, wholeNumber } from "../../platform";
import type { MemberRole, RoomRow } from "../directory/room-table";
import { FILES_PER_MESSAGE_MAX, toFileRow } from "../files/fact";
import type { StoredMessage } from "../operation";
import { messageIdText } from "../wire/message-id";
import { EMOJI_BYTES_MAX, TEXT_BYTES_MAX, TITLE_BYTES_MAX } from "../wire/protocol";

/** Most bytes of UTF-8 in a topic, which no frame carries. */
const TOPIC_BYTES_MAX = 1_024;

/** An hour: longer than that a room is better closed. */
const SLOW_MODE_MS_MAX = 3_600_000;
/** Thirty days. */
const EDIT_WINDOW_MS_MAX = 2_592_000_000;

const time = z.int().nonnegative();
/** What somebody is in a room. */
export const role = z.enum(["owner", "moderator", "member", "banned"]);

const wellFormed = z.string().refine(isWellFormed, "the text holds half a character");
const inBytes = (max: number) => (text: string) => utf8Length(text) <= max;

/** A room's id, as people choose it. */
export const roomId = z
  .string()
  .regex(/^[a-z0-9-]{3,48}$/, "an id has 3 to 48 characters of a-z, 0-9 and -")
  .meta({ description: "3 to 48 characters of a-z, 0-9 and -." });
export const title = titleField(TITLE_BYTES_MAX);
export const topic = topicField(TOPIC_BYTES_MAX);
export const visibility = z.enum(["public", "private"]);
/** Time between two messages of a member, 0 for none; and how long a message may be edited, 0 for always. In ms. */
export const slowModeMs = z.int().min(0).max(SLOW_MODE_MS_MAX);
export const editWindowMs = z.int().min(0).max(EDIT_WINDOW_MS_MAX);
/** A message's text where there may be files instead; too long has a code of its own. */
export const postText = wellFormed
  .refine(inBytes(TEXT_BYTES_MAX), {
    message: `a text may have ${TEXT_BYTES_MAX} bytes`,
    params: { code: "too_large" },
  })
  .meta({ description: `At most ${TEXT_BYTES_MAX} bytes.` });
/** A message's text. Empty means erased, so nobody may write it. */
export const text = postText
  .min(1, "a message needs text")
  .meta({ description: `At most ${TEXT_BYTES_MAX} bytes, and not empty.` });
/** Any emoji, or a `:name:`: what PROTOCOL.md section 7 takes. */
export const emoji = wellFormed
  .min(1, "an emoji is needed")
  .refine((text) => [...text].every((character) => character > " " && character !== "\u007f"), "that is no emoji")
  .refine(inBytes(EMOJI_BYTES_MAX), `an emoji may have ${EMOJI_BYTES_MAX} bytes`)
  .meta({ description: `Any emoji, or a \`:name:\`; at most ${EMOJI_BYTES_MAX} bytes.` });
/** A seq as a number of a JSON body. */
export const seq = z.int().positive();
/** Path of everything in a room. */
export const roomPath = z.object({ id: roomId });
/** Path of one message. */
export const messagePath = roomPath.extend({ seq: wholeNumber.pipe(seq) });

/** A message as it is sent: a text, files, or both. */
export const newMessage = z
  .object({
    text: postText.default(""),
    replyTo: seq.nullish(),
    files: z
      .array(z.string().regex(/^[\w-]{22}$/, "that is no file's id"))
      .max(FILES_PER_MESSAGE_MAX)
      .default([])
      .meta({ description: "Ids of files of the caller's in this room that no message has yet." }),
  })
  .refine(({ text, files }) => text !== "" || files.length > 0, { path: ["text"], message: "a message needs text" });

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

export const fileShape = z
  .object({
    id: z.string(),
    name: z.string(),
    mime: z.string(),
    size: z.int().meta({ description: "Bytes." }),
    width: z.int().meta({ description: "Pixels; 0 when it is no picture." }),
    height: z.int(),
  })
  .meta({ id: "File", description: "Its bytes are at `/api/rooms/{room}/files/{id}`." });

/** What is told once, when it came: a message does not carry the sum. */
export const uploadedShape = fileShape
  .extend({
    crc32: z
      .string()
      .regex(/^[0-9a-f]{8}$/)
      .meta({ description: "CRC-32 of the bytes as they came, as zlib and gzip make it, in hex." }),
  })
  .meta({ id: "UploadedFile" });

export const messageShape = z
  .object({
    id: z.string().meta({ description: "`<roomId>.<seq>`" }),
    roomId,
    seq,
    clientId: z.uuid(),
    author: z.object({ id: z.string(), name: z.string(), guest: z.boolean() }),
    text: z.string(),
    files: z.array(fileShape),
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
  const { headSeq: _, configVersion: __, deletedAt: ___, purgedAt: ____, ...shown } = row;
  return { ...shown, role };
}

/** The answer for a caller. */
export function toUser({ userId, name, guest, avatarUrl }: Caller): z.infer<typeof userShape> {
  return { id: userId, name, guest, avatarUrl };
}

/** The answer for a message of a room. */
export function toMessage(roomId: string, stored: StoredMessage): MessageShape {
  const { seq, ts, id, author, text, replyTo, files, editedAt, deletedAt, pinned, reactions } = stored;
  return {
    id: `${roomId}.${seq}`,
    roomId,
    seq,
    clientId: messageIdText(id),
    author: { id: author.userId, name: author.name, guest: author.guest },
    text,
    files: files.map(toFileRow),
    ts,
    replyTo: replyTo === 0 ? null : replyTo,
    editedAt,
    deletedAt,
    pinned,
    reactions: [...reactions],
  };
}
