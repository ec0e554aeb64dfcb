// The tables of rooms in D1: what exists, who may, and the archive. The truth about what was said is each room's own log.
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
  },
  (table) => [index("room_created_by").on(table.createdBy), index("room_created_at").on(table.createdAt, table.id)],
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
  (table) => [primaryKey({ columns: [table.roomId, table.userId] }), index("member_user_id").on(table.userId)],
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

/** Messages of queues that their consumers gave up on. */
export const deadLetter = sqliteTable("dead_letter", {
  /** The queue's own id of the message. */
  id: text("id").primaryKey(),
  /** The queue it was meant for. */
  queue: text("queue").notNull(),
  /** As JSON. */
  body: text("body").notNull(),
  error: text("error").notNull(),
  at: integer("at").notNull(),
  replayedAt: integer("replayed_at"),
});

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
