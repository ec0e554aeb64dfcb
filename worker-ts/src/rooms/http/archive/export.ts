// Exports: a room for those who look after it, and what a person has said, for that person. Lines of JSON, of any length.
import * as z from "zod";
import { ApiError, type Bindings, type Caller, type Route, route } from "../../../platform";
import { completePage } from "../../archive/history";
import { membersOf, messagesBy, pinsOf, reactionsBy, reactionsOf } from "../../archive/read/lists";
import { memberships } from "../../directory/joined-rooms";
import type { StoredMessage } from "../../operation";
import { type Joined, joinedRoom, type RoomStub, roomStub } from "../access";
import { roomPath, toMessage, toRoom, toUser } from "../shapes";
import { type Line, NDJSON_TYPE, ndjson } from "./ndjson";

/** Messages of one question to a room. */
const PAGE_MESSAGES = 200;
/** Rooms that are asked at once how far the archive has them. */
const ASKED_AT_ONCE = 20;

const exportRoom = route(
  {
    method: "GET",
    path: "/api/rooms/:id/export",
    summary:
      "A room as lines of JSON, for its owners and moderators: the room, its people, every message as it stands, reactions, pins.",
    access: "user",
    params: roomPath,
    contentType: NDJSON_TYPE,
    answers: { 200: z.string() },
    errors: ["forbidden", "banned", "not_found"],
  },
  async ({ env, caller, params }) => {
    const joined = await joinedRoom(env, params.id, caller);
    if (joined.role === "member") throw new ApiError("forbidden", "only moderators and owners may export a room");
    return ndjson(params.id, roomLines(env, caller, joined));
  },
);

const exportOwn = route(
  {
    method: "GET",
    path: "/api/users/me/export",
    summary: "The caller as lines of JSON: the account, memberships, every message and reaction of theirs.",
    access: "user",
    contentType: NDJSON_TYPE,
    answers: { 200: z.string() },
  },
  async ({ env, caller }) => ndjson("me", ownLines(env, caller)),
);

/** The routes of this file. */
export const exportRoutes: readonly Route[] = [exportRoom, exportOwn];

async function* roomLines(env: Bindings, caller: Caller, { room, role, stub }: Joined): AsyncGenerator<Line[]> {
  const { id } = room;
  const { headSeq } = await stub.stats();
  yield [{ type: "room", ...toRoom(room, role), headSeq }];
  for await (const people of membersOf(env.DB, id))
    yield people.map(({ id, name, guest, role, joinedAt }) => ({
      ...{ type: "person", user: { id, name, guest: guest === 1 }, role, joinedAt },
    }));
  for await (const messages of messagesOf(env, id, stub, 0, caller.userId))
    yield messages.map((one) => ({ type: "message", ...toMessage(id, one), deletedBy: one.deletedBy }));
  for await (const page of reactionsOf(env.DB, id)) yield page.map((one) => ({ type: "reaction", ...one }));
  yield (await pinsOf(env.DB, id)).map((one) => ({ type: "pin", ...one }));
}

/** The messages of a room after a seq, as it has them itself, with what of them is in the archive alone. */
async function* messagesOf(
  env: Bindings,
  id: string,
  stub: RoomStub,
  after: number,
  reader: string,
): AsyncGenerator<readonly StoredMessage[]> {
  for (let from = after; ; ) {
    const page = await stub.page({ after: from, limit: PAGE_MESSAGES, reader });
    yield await completePage(env.DB, id, page);
    const last = page.messages.at(-1) ?? page.trimmed.at(-1);
    if (last === undefined || !page.more) return;
    from = last.seq;
  }
}

async function* ownLines(env: Bindings, caller: Caller): AsyncGenerator<Line[]> {
  const { DB } = env;
  const { userId } = caller;
  const account = await DB.prepare("SELECT created_at AS createdAt FROM users WHERE id = ?1").bind(userId).first();
  yield [{ type: "account", ...toUser(caller), email: caller.email, ...account }];
  const rooms = await memberships(DB, userId);
  yield rooms.map(({ id, title, ...rest }) => ({
    ...{ type: "membership", roomId: id, title: rest.role === "banned" ? null : title, ...rest },
  }));
  // asked before the archive is read: what it had then is among what is read, and the rest has its room still
  const archived = await archivedSeqs(
    env,
    rooms.map(({ id }) => id),
  );
  const told = new Set<string>();
  for await (const page of messagesBy(DB, userId)) {
    for (const { roomId, message } of page)
      if (message.seq > (archived.get(roomId) ?? message.seq)) told.add(`${roomId}.${message.seq}`);
    yield page.map(({ roomId, message }) => ownLine(roomId, message));
  }
  for (const [id, seq] of archived)
    for await (const page of messagesOf(env, id, roomStub(env, id), seq, userId))
      yield page
        .filter(({ author, seq }) => author.userId === userId && !told.has(`${id}.${seq}`))
        .map((message) => ownLine(id, message));
  for await (const page of reactionsBy(DB, userId)) yield page.map((one) => ({ type: "reaction", ...one }));
}

/** How far the archive has each of these rooms; only those of which it has not all. */
async function archivedSeqs(env: Bindings, ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  for (let at = 0; at < ids.length; at += ASKED_AT_ONCE)
    await Promise.all(
      ids.slice(at, at + ASKED_AT_ONCE).map(async (id) => {
        const { headSeq, archivedSeq } = await roomStub(env, id).stats();
        if (archivedSeq < headSeq) found.set(id, archivedSeq);
      }),
    );
  return found;
}

/** A message as its author's: without what others think of it. */
function ownLine(roomId: string, message: StoredMessage): Line {
  const { author: _, pinned: __, reactions: ___, ...rest } = toMessage(roomId, message);
  return { type: "message", ...rest };
}
