// Who belongs to the room and who is in it now, as one list; and what the user may do with whom. Pure: the server decides in the end.
import type { Present } from "../../../src/client";
import type { Member, RoomRole } from "../api";

/** Somebody of the room. */
export interface Fellow {
  readonly id: string;
  readonly name: string;
  readonly guest: boolean;
  readonly bot: boolean;
  /** Undefined: not known (yet). */
  readonly role: RoomRole | undefined;
  readonly state: "here" | "away" | "gone";
  /** Open tabs and devices. */
  readonly connections: number;
}

export interface Roster {
  readonly here: readonly Fellow[];
  readonly away: readonly Fellow[];
  /** Members who are not in the room now. */
  readonly gone: readonly Fellow[];
  /** Told to moderators and owners only. */
  readonly banned: readonly Fellow[];
}

const RANK: Readonly<Record<RoomRole, number>> = { owner: 0, moderator: 1, member: 2, banned: 3 };

/** Both lists as one: the user first, then by role, then by name. */
export function makeRoster(
  present: readonly Present[],
  members: readonly Member[],
  selfId: string | undefined,
): Roster {
  const roles = new Map(members.map((member) => [member.id, member.role]));
  const inside = present.map(({ person, connections, away }): Fellow => {
    const { id, name, guest, bot } = person;
    return { id, name, guest, bot, role: roles.get(id), state: away ? "away" : "here", connections };
  });
  const seen = new Set(inside.map(({ id }) => id));
  const outside = members
    .filter(({ id }) => !seen.has(id))
    .map(({ id, name, guest, role }): Fellow => ({ id, name, guest, bot: false, role, state: "gone", connections: 0 }));
  const rank = ({ id, role }: Fellow) => (id === selfId ? -1 : RANK[role ?? "member"]);
  const all = [...inside, ...outside].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
  const of = (state: Fellow["state"]) => all.filter((one) => one.role !== "banned" && one.state === state);
  return { here: of("here"), away: of("away"), gone: of("gone"), banned: all.filter(({ role }) => role === "banned") };
}

/** What one may do with somebody. */
export interface PersonRights {
  /** Roles that they can be given, the one they have included; empty: none. */
  readonly roles: readonly RoomRole[];
  readonly remove: boolean;
  readonly ban: boolean;
  readonly unban: boolean;
}

const NOTHING: PersonRights = { roles: [], remove: false, ban: false, unban: false };

/** Owners do everything, moderators keep members in order; nobody acts on themselves here. */
export function rightsOver(own: RoomRole | undefined, selfId: string | undefined, them: Fellow): PersonRights {
  if (them.id === selfId || (own !== "owner" && own !== "moderator")) return NOTHING;
  if (them.role === "banned") return { ...NOTHING, unban: true };
  if (own === "owner") return { roles: ["member", "moderator", "owner"], remove: true, ban: true, unban: false };
  const plain = them.role === undefined || them.role === "member";
  return { ...NOTHING, remove: plain, ban: plain };
}
