// The tables of rooms in D1: what exists, who may, and the archive. The truth about what was said is each room's own log.
import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

/** One room. Times are ms since 1970. */
export const room = sqliteTable(
  "room",
  {
    /** 3-48 characters of a-z, 0-9 and -; also the object's name. */
    id: text("id").primaryKey(),
    title: text("title").notNull(),
    topic: text("topic").notNull().default(""),
    visibility: text("visibility", { enum: ["public", "private"] })
      .notNull()
      .default("public"),
    /** A user id; null for rooms the house made itself. */
    createdBy: text("created_by"),
    createdAt: integer("created_at").notNull(),
    closedAt: integer("closed_at"),
    slowModeMs: integer("slow_mode_ms").notNull().default(0),
    editWindowMs: integer("edit_window_ms").notNull().default(0),
    /** Newest seq and its time, as the archive last knew them. */
    headSeq: integer("head_seq").notNull().default(0),
    lastAt: integer("last_at"),
    /** Grows with each change of what the object must know; it takes nothing older than what it has. */
    configVersion: integer("config_version").notNull().default(1),
    /** Since when nobody finds it any more. The row stays, so that the id is never given to another room. */
    deletedAt: integer("deleted_at"),
    /** Since when its archive is gone as well, and takes nothing of it any more, however late a queue brings it. */
    purgedAt: integer("purged_at"),
  },
  (table) => [
    index("room_created_by").on(table.createdBy),
    index("room_created_at").on(table.createdAt, table.id),
    // whoever watches all rooms asks those where something happened lately
    index("room_last_at").on(table.lastAt),
  ],
);

/** Who is in a room, and as what. A banned user keeps the row, so that the ban lasts. */
export const member = sqliteTable(
  "member",
  {
    roomId: text("room_id").notNull(),
    userId: text("user_id").notNull(),
    role: text("role", { enum: ["owner", "moderator", "member", "banned"] }).notNull(),
    joinedAt: integer("joined_at").notNull(),
    readSeq: integer("read_seq").notNull().default(0),
    changedAt: integer("changed_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.roomId, table.userId] }),
    index("member_user_id").on(table.userId),
    index("member_role").on(table.roomId, table.role, table.joinedAt, table.userId),
  ],
);

/** Who was in a room and is no more. Whoever comes again gets a version above this one, whatever clock says so. */
export const departure = sqliteTable(
  "departure",
  {
    roomId: text("room_id").notNull(),
    userId: text("user_id").notNull(),
    /** The version that the end of the membership had: `member.changed_at` would have become this. */
    changedAt: integer("changed_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.roomId, table.userId] }), index("departure_user_id").on(table.userId)],
);

/** Guests who became users: what a queue still says of the guest is the user's. */
export const adoption = sqliteTable(
  "adoption",
  {
    guestId: text("guest_id").primaryKey(),
    userId: text("user_id").notNull(),
  },
  (table) => [index("adoption_user_id").on(table.userId)],
);

/** Which rooms a session may have sockets in: whom to call when it ends. Written before the object is called. */
export const socketLease = sqliteTable(
  "socket_lease",
  {
    sessionId: text("session_id").notNull(),
    roomId: text("room_id").notNull(),
    userId: text("user_id").notNull(),
    /** When the last of those sockets is closed at the latest. */
    expiresAt: integer("expires_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.sessionId, table.roomId] }),
    index("socket_lease_expires_at").on(table.expiresAt),
    index("socket_lease_room_id").on(table.roomId),
  ],
);

/** What was said, by the archive: what a room's log had when its queue's message was made. Times are ms since 1970. */
export const message = sqliteTable(
  "message",
  {
    pk: integer("pk").primaryKey(),
    roomId: text("room_id").notNull(),
    seq: integer("seq").notNull(),
    kind: text("kind", { enum: ["MSG", "SYSTEM"] }).notNull(),
    /** What a SYSTEM entry tells, by its number on the wire. */
    event: integer("event"),
    /** Seq of the entry that made it what it is: of two states of a message, the one with the greater version holds. */
    version: integer("version").notNull(),
    /** Null for what the room itself wrote. */
    userId: text("user_id"),
    /** The client's message id, as UUID. */
    cid: text("cid"),
    ts: integer("ts").notNull(),
    replyTo: integer("reply_to"),
    text: text("text").notNull(),
    editedAt: integer("edited_at"),
    deletedAt: integer("deleted_at"),
    deletedBy: text("deleted_by"),
  },
  (table) => [
    uniqueIndex("message_seq").on(table.roomId, table.seq),
    index("message_ts").on(table.roomId, table.ts),
    index("message_user_id").on(table.userId),
  ],
);

/** Who reacted with what, by the archive: of two states, the one with the greater seq holds. */
export const reaction = sqliteTable(
  "reaction",
  {
    roomId: text("room_id").notNull(),
    targetSeq: integer("target_seq").notNull(),
    emoji: text("emoji").notNull(),
    userId: text("user_id").notNull(),
    /** Seq of the REACT or UNREACT that made it so. */
    seq: integer("seq").notNull(),
    present: integer("present", { mode: "boolean" }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.roomId, table.targetSeq, table.emoji, table.userId] }),
    index("reaction_user_id").on(table.userId),
  ],
);

/** Which messages are pinned, by the archive, as in `reaction`. */
export const pin = sqliteTable(
  "pin",
  {
    roomId: text("room_id").notNull(),
    targetSeq: integer("target_seq").notNull(),
    userId: text("user_id").notNull(),
    seq: integer("seq").notNull(),
    present: integer("present", { mode: "boolean" }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.roomId, table.targetSeq] })],
);

/** Uploaded files; their bytes are in R2 under `files/<room>/<id>`. */
export const file = sqliteTable(
  "file",
  {
    /** 16 random bytes as base64url. */
    id: text("id").primaryKey(),
    roomId: text("room_id").notNull(),
    userId: text("user_id").notNull(),
    /** The client's message id (UUID) of the message it was given to; each file goes into one message only. */
    claim: text("claim"),
    /** Of that message; null until it is written. What is never sent goes after a day. */
    seq: integer("seq"),
    name: text("name").notNull(),
    mime: text("mime").notNull(),
    /** Bytes. */
    size: integer("size").notNull(),
    /** Pixels; 0 = no picture. */
    width: integer("width").notNull(),
    height: integer("height").notNull(),
    createdAt: integer("created_at").notNull(),
    /** CRC-32 of the bytes as they came; null while they come, and of a file from before sums were kept until it is first checked. */
    crc: integer("crc"),
  },
  (table) => [
    index("file_seq").on(table.roomId, table.seq),
    index("file_user_id").on(table.userId, table.createdAt),
    // holds what may have to go, and not everything that was ever sent
    index("file_unsent").on(table.createdAt).where(sql`seq IS NULL`),
  ],
);

/** Invitations into rooms. The token itself is known to whom it was shown, once. */
export const invite = sqliteTable(
  "invite",
  {
    /** SHA-256 of the token, base64url. */
    tokenHash: text("token_hash").primaryKey(),
    roomId: text("room_id").notNull(),
    role: text("role", { enum: ["moderator", "member"] }).notNull(),
    createdBy: text("created_by").notNull(),
    createdAt: integer("created_at").notNull(),
    expiresAt: integer("expires_at").notNull(),
    /** -1 once there are none: the row stays until it ends, so that whoever came by it may ask twice. */
    usesLeft: integer("uses_left").notNull(),
  },
  (table) => [index("invite_room_id").on(table.roomId), index("invite_expires_at").on(table.expiresAt)],
);

/** What was done with rights: roles, bans, messages of others deleted, rooms changed or deleted, users disabled. Never changed. */
export const audit = sqliteTable(
  "audit",
  {
    /** Rising by time within a ms of each other; `<room>.<seq>` for what the room's log tells, so that it counts once. */
    id: text("id").primaryKey(),
    /** Null for what concerns no room. */
    roomId: text("room_id"),
    /** Null for the admin by token, and for the house itself. */
    actorId: text("actor_id"),
    action: text("action").notNull(),
    /** Whom it concerns: a user's id, or null. */
    subject: text("subject"),
    /** Which message it concerns, or null. */
    seq: integer("seq"),
    /** As JSON: what was changed. Never a text that was erased. */
    detail: text("detail").notNull().default("{}"),
    at: integer("at").notNull(),
  },
  (table) => [index("audit_room_id").on(table.roomId, table.at), index("audit_at").on(table.at)],
);

/** Work that must be finished even if what began it dies: the row is the truth, the queue only wakes it. Every kind may be done twice. */
export const chore = sqliteTable("chore", {
  /** `<kind>:<subject>`: the same work is not put down twice. */
  id: text("id").primaryKey(),
  kind: text("kind", { enum: ["remove-room", "erase-user", "adopt-guest"] }).notNull(),
  /** As JSON: what the kind needs. */
  body: text("body").notNull(),
  at: integer("at").notNull(),
});

/**
 * Accounts that were deleted, by their ids alone: what a backup from before brings back is erased again by it. Never swept, and never
 * emptied by a restore.
 */
export const erasure = sqliteTable("erasure", {
  userId: text("user_id").primaryKey(),
  /** Whether all that it wrote went with it. */
  messages: integer("messages", { mode: "boolean" }).notNull(),
  at: integer("at").notNull(),
});

/**
 * Epochs of rooms' logs that a restore has put an end to: what a queue still has of them is of a time that never was. "" stands for
 * messages that name none. Of this server alone: no backup has it, and no restore empties it.
 */
export const retiredEpoch = sqliteTable(
  "retired_epoch",
  {
    roomId: text("room_id").notNull(),
    epoch: text("epoch").notNull(),
    at: integer("at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.roomId, table.epoch] })],
);

/** Messages of queues that their consumers gave up on. */
export const deadLetter = sqliteTable(
  "dead_letter",
  {
    /** The queue's own id of the message. */
    id: text("id").primaryKey(),
    /** The queue it was meant for. */
    queue: text("queue").notNull(),
    /** As JSON. */
    body: text("body").notNull(),
    error: text("error").notNull(),
    at: integer("at").notNull(),
    replayedAt: integer("replayed_at"),
  },
  // to count them without reading past their bodies, which stand before `replayed_at`
  (table) => [index("dead_letter_waiting").on(table.replayedAt, table.queue)],
);

/** What rooms have counted, and the sums over all of them; `directory/metric-table.ts` tells how they stay true. */
export const metric = sqliteTable(
  "metric",
  {
    /** Empty for the sums. */
    roomId: text("room_id").notNull(),
    name: text("name").notNull(),
    value: integer("value").notNull(),
    version: integer("version").notNull(),
  },
  (table) => [primaryKey({ columns: [table.roomId, table.name] })],
);
