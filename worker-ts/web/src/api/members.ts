// Who belongs to a room, and as what.
import { avatarPath } from "./account";
import { call } from "./call";
import type { RoomRole } from "./rooms";

/** Somebody who belongs to a room, or is banned from it. */
export interface Member {
  readonly id: string;
  readonly name: string;
  readonly guest: boolean;
  /** Path of a picture of their own; null: there is none. */
  readonly avatar: string | null;
  readonly role: RoomRole;
  /** ms since 1970. */
  readonly joinedAt: number;
}

interface Row {
  readonly user: {
    readonly id: string;
    readonly name: string;
    readonly guest: boolean;
    readonly avatarUrl: string | null;
  };
  readonly role: RoomRole;
  readonly joinedAt: number;
}
interface Answer {
  readonly members: readonly Row[];
  readonly next: string | null;
}

/** A list is read up to here: whoever comes later is shown when they are in the room. */
const MEMBERS_MAX = 500;

const path = (room: string): string => `/api/rooms/${room}/members`;

/** The members of a room, page by page, up to a limit. */
export async function listMembers(room: string): Promise<readonly Member[]> {
  const members: Member[] = [];
  for (let next: string | null = ""; next !== null && members.length < MEMBERS_MAX; ) {
    const cursor: string = next === "" ? "" : `&cursor=${encodeURIComponent(next)}`;
    const answer = (await call("GET", `${path(room)}?limit=100${cursor}`)) as Answer;
    for (const { user, role, joinedAt } of answer.members) {
      const { avatarUrl, ...person } = user;
      members.push({ ...person, avatar: avatarPath(avatarUrl), role, joinedAt });
    }
    next = answer.next;
  }
  return members;
}

/** Gives somebody another role; `banned` sends them away for good. */
export const setRole = (room: string, user: string, role: RoomRole): Promise<unknown> =>
  call("PUT", `${path(room)}/${encodeURIComponent(user)}`, { role });

/** Takes somebody off the list, a ban too; they may come again where the room is public. */
export const removeMember = (room: string, user: string): Promise<unknown> =>
  call("DELETE", `${path(room)}/${encodeURIComponent(user)}`);

export const leaveRoom = (room: string): Promise<unknown> => removeMember(room, "self");
