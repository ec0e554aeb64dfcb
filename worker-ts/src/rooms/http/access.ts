// May the caller read this room, or write in it? One place answers for all routes; the object behind a room is found here.
import { ApiError, type Bindings, type Caller, database } from "../../platform";
import { findRoom, type RoomRow } from "../directory/room-table";
import type {
  Actor,
  Identity,
  Laggards,
  Operation,
  Outcome,
  PageAnswer,
  PageQuery,
  Revocation,
  RoleChange,
  RoleName,
  RoomConfig,
  RoomStats,
  RoomWatch,
} from "../operation";

/** What routes ask of a room object. */
export interface RoomStub {
  apply(actor: Actor, operation: Operation): Promise<Outcome>;
  page(query: PageQuery): Promise<PageAnswer>;
  read(actor: Actor, seq: number): Promise<void>;
  stats(): Promise<RoomStats>;
  watch(): Promise<RoomWatch>;
  whoseConnection(conn: number): Promise<string | null>;
  disconnect(conn: number): Promise<boolean>;
  resendUnarchived(): Promise<number>;
  configure(config: RoomConfig, actor?: Identity): Promise<void>;
  setRole(change: RoleChange): Promise<void>;
  rename(userId: string, name: string): Promise<void>;
  eraseUser(userId: string, messages: boolean, after: number, guests: readonly string[]): Promise<number | null>;
  remove(purge: boolean): Promise<void>;
  revoke(revocation: Revocation): Promise<void>;
  adopt(guestId: string, user: Pick<Actor, "userId" | "name">): Promise<void>;
  fetch(request: Request): Promise<Response>;
}

/** The object of a room; its id is its name, so there is no table to look in. */
export function roomStub(env: Bindings, id: string): RoomStub {
  return env.ROOM.getByName(id);
}

/** What routes ask of one relay of a room. */
export interface RelayStub {
  laggards(): Promise<Laggards>;
  whoseConnection(conn: number): Promise<string | null>;
  disconnect(conn: number): Promise<boolean>;
}

/** One of the relays of a room. */
export function relayStub(env: Bindings, id: string, n: number): RelayStub {
  return env.RELAY.getByName(`${id}/${n}`);
}

/** What the directory tells the object. */
export function configOf(room: RoomRow): RoomConfig {
  const { configVersion: version, title, slowModeMs, editWindowMs } = room;
  return { version, title, closed: room.closedAt !== null, slowModeMs, editWindowMs };
}

/** A room that the caller may read; role null for a reader who is no member. */
export interface Readable {
  readonly room: RoomRow;
  readonly role: RoleName | null;
  /** Version of the role. */
  readonly roleAt: number;
  readonly stub: RoomStub;
}

/** A room that the caller is in. */
export interface Joined extends Readable {
  readonly role: RoleName;
  /** The caller as the room knows its people. */
  readonly actor: Actor;
}

/** The room, if the caller may read it: `not_found` for a private room's strangers, `banned` for the banned. */
export async function readableRoom(env: Bindings, id: string, caller: Caller | null): Promise<Readable> {
  const found = await findRoom(database(env), id, caller?.userId ?? null);
  if (found === undefined || (found.room.visibility === "private" && found.role === null))
    throw new ApiError("not_found", "there is no such room");
  const { room, role } = found;
  if (role === "banned") throw new ApiError("banned", "you are banned from this room");
  return { room, role, roleAt: found.roleAt ?? 0, stub: roomStub(env, id) };
}

/** The room, if the caller is in it: `forbidden` for readers who have not joined. */
export async function joinedRoom(env: Bindings, id: string, caller: Caller): Promise<Joined> {
  const readable = await readableRoom(env, id, caller);
  const { role, roleAt } = readable;
  if (role === null) throw new ApiError("forbidden", "join the room first");
  return { ...readable, role, actor: { ...identityOf(caller), role, roleAt } };
}

/** The room, if the caller moderates it, or owns it. */
export async function moderatedRoom(env: Bindings, id: string, caller: Caller): Promise<Joined> {
  const joined = await joinedRoom(env, id, caller);
  if (joined.role === "member") throw new ApiError("forbidden", "this is for moderators");
  return joined;
}

/** Who the caller is to a room. */
export function identityOf({ userId, name, guest }: Caller): Identity {
  return { userId, name, guest };
}

/** The caller as the room knows its people. */
export function actorOf({ userId, name, guest }: Caller, role: RoleName, roleAt = 0): Actor {
  return { userId, name, guest, role, roleAt };
}
