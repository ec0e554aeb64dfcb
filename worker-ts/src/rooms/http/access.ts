// May the caller read this room, or write in it? One place answers for all routes; the object behind a room is found here.
import { ApiError, type Bindings, type Caller, database } from "../../platform";
import { findRoom, type RoomRow } from "../directory/room-table";
import type {
  Actor,
  Operation,
  Outcome,
  PageAnswer,
  PageQuery,
  Revocation,
  RoleName,
  RoomConfig,
  RoomStats,
} from "../operation";

/** What routes ask of a room object. */
export interface RoomStub {
  apply(actor: Actor, operation: Operation): Promise<Outcome>;
  page(query: PageQuery): Promise<PageAnswer>;
  read(actor: Actor, seq: number): Promise<void>;
  stats(): Promise<RoomStats>;
  configure(config: RoomConfig, actor?: Actor): Promise<void>;
  revoke(revocation: Revocation): Promise<void>;
  adopt(guestId: string, user: Pick<Actor, "userId" | "name">): Promise<void>;
  fetch(request: Request): Promise<Response>;
}

/** The object of a room; its id is its name, so there is no table to look in. */
export function roomStub(env: Bindings, id: string): RoomStub {
  return env.ROOM.getByName(id);
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
  readonly stub: RoomStub;
}

/** A room that the caller is in. */
export interface Joined extends Readable {
  readonly role: RoleName;
}

/** The room, if the caller may read it: `not_found` for a private room's strangers, `banned` for the banned. */
export async function readableRoom(env: Bindings, id: string, caller: Caller | null): Promise<Readable> {
  const found = await findRoom(database(env), id, caller?.userId ?? null);
  if (found === undefined || (found.room.visibility === "private" && found.role === null))
    throw new ApiError("not_found", "there is no such room");
  const { room, role } = found;
  if (role === "banned") throw new ApiError("banned", "you are banned from this room");
  return { room, role, stub: roomStub(env, id) };
}

/** The room, if the caller is in it: `forbidden` for readers who have not joined. */
export async function joinedRoom(env: Bindings, id: string, caller: Caller): Promise<Joined> {
  const { role, ...readable } = await readableRoom(env, id, caller);
  if (role === null) throw new ApiError("forbidden", "join the room first");
  return { ...readable, role };
}

/** The caller as the room knows its people. */
export function actorOf({ userId, name, guest }: Caller, role: RoleName): Actor {
  return { userId, name, guest, role };
}
