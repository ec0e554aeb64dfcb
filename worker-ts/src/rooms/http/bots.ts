// What programs of the house do in rooms for a member: they post as bots, and read. Each call looks up what that member is now, so a
// program that goes on for days does nothing for who has left. It serves no address of its own.
import { findProfile, isActive } from "../../auth";
import { type Bindings, type Caller, database } from "../../platform";
import { completePage } from "../archive/history";
import { findHeir } from "../directory/member-table";
import { findRoom } from "../directory/room-table";
import { botOf } from "../membership/bot";
import type { RefusalCode, StoredMessage } from "../operation";
import { keyedMessageId } from "../wire/message-id";
import { joinedRoom, type RoomStub, roomStub } from "./access";

/** What a bot says in a room. */
export interface BotPost {
  readonly room: string;
  /** The bot's word (`botOf`). */
  readonly bot: string;
  /** User id of the member for whom it speaks. */
  readonly for: string;
  /** Whatever is said under it again is not said again; other words under it are a `conflict`. The room knows it for a day at least. */
  readonly key: string;
  readonly text: string;
  /** Seq of the message answered to. */
  readonly replyTo?: number;
  /** Seq of a message of the bot's, which gets this text. */
  readonly edit?: number;
}

/** Why a bot could not do something: as for people, and `forbidden` when who it does it for is no member any more. */
export interface BotRefusal {
  readonly ok: false;
  readonly code: RefusalCode;
  readonly message: string;
  readonly retryAfterMs?: number;
}

/** Seq of the message that was written or changed, now or by a call before. */
export type BotOutcome = { readonly ok: true; readonly seq: number } | BotRefusal;

/** Posts as a bot, or edits what it posted: by the same log, rules and rates as anybody, once for each key. Throws when the room fails. */
export async function postAs(env: Bindings, post: BotPost): Promise<BotOutcome> {
  const { room, bot, key, text, replyTo = 0, edit } = post;
  const found = await memberRoom(env, room, post.for);
  if ("ok" in found) return found;
  const id = await keyedMessageId(`bot|${bot}|${key}`);
  const operation =
    edit === undefined
      ? ({ type: "post", id, text, replyTo } as const)
      : ({ type: "edit", id, target: edit, text } as const);
  const outcome = await found.stub.apply({ ...botOf(bot), role: "member", roleAt: 0 }, operation);
  if (!outcome.ok) return outcome;
  const shown = outcome.message ?? outcome.trimmed;
  if (shown === null) throw new Error("a room has written something and does not show it");
  return { ok: true, seq: shown.seq };
}

/** What a member is called; a refusal for who is none. */
export async function askerName(
  env: Bindings,
  room: string,
  userId: string,
): Promise<{ readonly ok: true; readonly name: string } | BotRefusal> {
  const found = await memberRoom(env, room, userId);
  if ("ok" in found) return found;
  const profile = await findProfile(env, found.userId);
  return profile === null ? refused("forbidden", "who asked for it is gone") : { ok: true, name: profile.name };
}

/** Whether somebody is in a room, and not banned from it. */
export async function isMember(env: Bindings, room: string, userId: string): Promise<boolean> {
  return !("ok" in (await memberRoom(env, room, userId)));
}

/** Messages of a room by falling seq, those before `before` (0: the newest), as a member may read them. */
export async function readFor(
  env: Bindings,
  query: { readonly room: string; readonly for: string; readonly before: number; readonly limit: number },
): Promise<{ readonly ok: true; readonly messages: readonly StoredMessage[]; readonly more: boolean } | BotRefusal> {
  const found = await memberRoom(env, query.room, query.for);
  if ("ok" in found) return found;
  const { before, limit } = query;
  const page = await found.stub.page({ limit, reader: null, ...(before > 0 && { before }) });
  const messages = [...(await completePage(env.DB, query.room, page))].reverse();
  return { ok: true, messages, more: page.more };
}

/** The name of a caller in a room, if they are a member of it. Throws `not_found`, `banned` or `forbidden`. */
export async function memberName(env: Bindings, room: string, caller: Caller): Promise<string> {
  const { actor } = await joinedRoom(env, room, caller);
  return actor.name;
}

/** The room, if this person is a member of it with an account that is not disabled, and who they are now: a guest who became a user is that user. */
async function memberRoom(
  env: Bindings,
  room: string,
  userId: string,
): Promise<{ readonly stub: RoomStub; readonly userId: string } | BotRefusal> {
  const db = database(env);
  const own = await findRoom(db, room, userId);
  if (own === undefined) return refused("not_found", "there is no such room");
  const heir = own.role === null ? await findHeir(env.DB, userId) : undefined;
  const role = heir === undefined ? own.role : ((await findRoom(db, room, heir))?.role ?? null);
  if (role === "banned") return refused("banned", "who asked for it is banned from this room");
  if (role === null) return refused("forbidden", "who asked for it is no member of this room");
  const member = heir ?? userId;
  if (!(await isActive(env, member)))
    return refused("forbidden", "who asked for it has no account here, or a disabled one");
  return { stub: roomStub(env, room), userId: member };
}

const refused = (code: RefusalCode, message: string): BotRefusal => ({ ok: false, code, message });
