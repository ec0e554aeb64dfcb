// Who may make whom what in a room: the matrix of roles as one pure function. No storage, no HTTP; that a room keeps an owner is seen
// to where it is written, for only there all requests stand in a row.
import type { MemberRole } from "../directory/room-table";

/** What somebody is in a room; null for who is nothing there. */
export type Standing = MemberRole | null;

/**
 * Whether `actor` may make somebody else `to` who is `from`. Owners may everything but to bring people in: those come by themselves
 * or by invitation. Moderators see to members: they send them away, ban, also who is not there (or is there no more), and unban.
 */
export function mayChange(actor: Standing, from: Standing, to: Standing): boolean {
  if (from === null && to !== "banned" && to !== null) return false;
  if (actor === "owner") return true;
  if (actor !== "moderator") return false;
  return from === to || (sees(from) && sees(to));
}

const sees = (standing: Standing) => standing !== "owner" && standing !== "moderator";

/** Whether somebody may become `to` by their own will who is `from`: leave, or step down. A ban is not left behind by leaving. */
export function mayStepDown(from: Standing, to: Standing): boolean {
  return from !== "banned" && to !== "banned" && RANK[to ?? "none"] <= RANK[from ?? "none"];
}

const RANK = { none: 0, banned: 0, member: 1, moderator: 2, owner: 3 } as const;
