// Rooms of the directory: listing, making, changing, ending, and the way in by invitation.
import { call } from "./call";

/** What somebody is in a room. */
export type RoomRole = "owner" | "moderator" | "member" | "banned";

/** A room as the directory shows it. Times are ms since 1970. */
export interface RoomInfo {
  readonly id: string;
  readonly title: string;
  readonly topic: string;
  readonly visibility: "public" | "private";
  readonly createdAt: number;
  readonly closedAt: number | null;
  readonly lastAt: number | null;
  /** Least time between two messages of a member; 0 = none. */
  readonly slowModeMs: number;
  /** How long a message may be edited; 0 = always. */
  readonly editWindowMs: number;
  /** The caller's role; null for no member. */
  readonly role: RoomRole | null;
  /** Messages not read yet, counted up to 1,000; null for no member. */
  readonly unread?: number | null;
}

/** What can be changed of a room. */
export type RoomChange = Partial<
  Pick<RoomInfo, "title" | "topic" | "slowModeMs" | "editWindowMs"> & { readonly closed: boolean }
>;

/** An invitation: the token is told once. */
export interface Invite {
  readonly token: string;
  readonly expiresAt: number;
}

const path = (room: string): string => `/api/rooms/${room}`;

async function roomPage(query: string): Promise<readonly RoomInfo[]> {
  const answer = (await call("GET", `/api/rooms?${query}`)) as { readonly rooms: readonly RoomInfo[] };
  return answer.rooms;
}

/** The caller's rooms. */
export const listOwnRooms = (): Promise<readonly RoomInfo[]> => roomPage("mine=1&limit=100");

/** The caller's rooms and the public ones, each once. */
export async function listRooms(): Promise<RoomInfo[]> {
  const [mine, open] = await Promise.all([listOwnRooms(), roomPage("limit=100")]);
  return [...new Map([...open, ...mine].map((room) => [room.id, room])).values()];
}

/** One room, listed or not. */
export const getRoom = (room: string): Promise<RoomInfo> => call("GET", path(room)) as Promise<RoomInfo>;

/** Joins a public room; harmless when already a member. */
export const joinRoom = (room: string): Promise<unknown> =>
  call("PUT", `${path(room)}/members/self`, { role: "member" });

/** Makes a room; the caller owns it. */
export const createRoom = (title: string, visibility: RoomInfo["visibility"], topic = ""): Promise<RoomInfo> =>
  call("POST", "/api/rooms", { title, visibility, topic }) as Promise<RoomInfo>;

export const changeRoom = (room: string, change: RoomChange): Promise<RoomInfo> =>
  call("PATCH", path(room), change) as Promise<RoomInfo>;

/** Ends a room; `purge` also erases what was said in it. */
export const deleteRoom = (room: string, purge: boolean): Promise<unknown> =>
  call("DELETE", purge ? `${path(room)}?purge=1` : path(room));

export const makeInvite = (
  room: string,
  terms: { readonly role: "member" | "moderator"; readonly expiresAt: number; readonly uses: number },
): Promise<Invite> => call("POST", `${path(room)}/invites`, terms) as Promise<Invite>;

/** Enters the room of an invitation. */
export const acceptInvite = (token: string): Promise<RoomInfo> =>
  call("POST", `/api/invites/${encodeURIComponent(token)}`) as Promise<RoomInfo>;

/** Address of all that was said in a room, as a file. */
export const roomExport = (room: string): string => `${path(room)}/export`;
