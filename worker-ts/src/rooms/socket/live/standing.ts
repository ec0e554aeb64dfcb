// What people are in the room, as the directory tells it: roles that change, bans, those who leave, accounts that are gone, the end of
// the room. No rights are decided here: who may make whom what is the directory's to say.
import { encode, KIND, relay, SYSTEM_EVENT } from "@ferrule/core";
import { GONE_NAME } from "../../log/people";
import { writeChange } from "../../log/write/change";
import { type RoomEntry, writeSystem } from "../../log/write/system";
import type { OpenRoom } from "../../open-room";
import type { ErasedUser, Identity, RoleChange } from "../../operation";
import { revokeEverywhere, tellRole } from "../refresh";
import { publishEntries, publishWritten } from "../write";

/** The ref of whoever comes; those who are here and knew another name are told. */
export function meet({ people, presence }: OpenRoom, who: Identity): number {
  const { ref, changed } = people.provide(who);
  if (changed) presence.introduce(ref);
  return ref;
}

/**
 * Takes over what somebody has become, if it is newer than what is known; those in the room are told by entries of the log. Sockets of
 * who may no longer be here are closed; others learn the role.
 */
export function changeRole(room: OpenRoom, change: RoleChange): void {
  const { subject, role, by } = change;
  const { people, log, limits, settings } = room;
  const known = people.roleOf(subject.userId);
  if (change.roleAt <= known.at) return;
  // a name that is told late must not bring back one that was deleted: `provide` sees to that
  const ref = meet(room, subject);
  const byRef = by === null ? 0 : meet(room, by);
  // whoever comes and goes faster than they may write is not told of each time: else the log were theirs to fill
  const isTold = ref !== byRef || limits.write(ref, KIND.MSG) === 0;
  const told = isTold ? entriesOf(known.role, change) : [];
  const entries = told.map((entry) => ({ ...entry, subject: ref, by: byRef }));
  const frames = entries.map((entry) => writeSystem(log, entry, settings.now()));
  people.setRole(ref, change);
  publishEntries(
    room,
    [...new Set([byRef, ref])].filter((each) => each !== 0),
    frames,
  );
  if (role === null || role === "banned") revokeEverywhere(room, { userId: subject.userId, error: "FORBIDDEN" });
  else {
    const { roleAt } = change;
    tellRole(room, subject.userId, { role, roleAt });
    room.relays.tell({ type: "role", userId: subject.userId, role, roleAt });
  }
}

/** What people see of it, given what they have seen last. Who has come unseen (into a public room) is a member until told otherwise. */
function entriesOf(was: RoleChange["role"], { role, joined }: RoleChange): Pick<RoomEntry, "event" | "text">[] {
  const entry = (event: number, text = "") => ({ event, text });
  if (role === "banned") return was === role ? [] : [entry(SYSTEM_EVENT.BANNED)];
  if (was === "banned" && role === null) return [entry(SYSTEM_EVENT.UNBANNED)];
  if (role === null) return [entry(SYSTEM_EVENT.LEFT)];
  const before = was === "banned" || was === null ? "member" : was;
  return [
    ...(was === "banned" ? [entry(SYSTEM_EVENT.UNBANNED)] : []),
    ...(joined ? [entry(SYSTEM_EVENT.JOINED)] : []),
    ...(role === before ? [] : [entry(SYSTEM_EVENT.ROLE, role)]),
  ];
}

/** Somebody has another name from now on: those who are here learn it. */
export function rename({ people, presence }: OpenRoom, userId: string, name: string): void {
  for (const ref of people.rename(userId, name)) presence.introduce(ref);
}

/** Messages that are erased at once. */
const ERASED_AT_ONCE = 100;

/**
 * An account is gone: its sockets are closed, its name is forgotten, and where its messages go too, those behind `after` are erased, part
 * by part. Answers the seq from where to go on, or null at the end. `guests` are what the user was before: the room may not have heard of it.
 */
export function eraseUser(
  room: OpenRoom,
  { userId, messages, guests = [] }: ErasedUser & { readonly guests?: readonly string[] },
  after: number,
  newId: () => Uint8Array,
): number | null {
  for (const guestId of guests) room.people.adopt(guestId, { userId, name: GONE_NAME });
  const refs = forgetUser(room, userId);
  return messages ? eraseMessages(room, refs, after, newId) : null;
}

/** Answers the refs, the own one first. */
function forgetUser(room: OpenRoom, userId: string): readonly number[] {
  const { people, presence } = room;
  revokeEverywhere(room, { userId, error: "UNAUTHENTICATED" });
  const { changed, refs } = people.forget(userId);
  if (changed) for (const ref of refs) presence.introduce(ref);
  return refs;
}

/** Erases messages of one person's refs behind `after`, as if their author did it (the first of them), also where the room is closed. */
function eraseMessages(room: OpenRoom, refs: readonly number[], after: number, newId: () => Uint8Array): number | null {
  const [author] = refs;
  if (author === undefined) return null;
  const standing = room.log.standing(refs, after, ERASED_AT_ONCE);
  for (const seq of standing) erase(room, author, seq, newId());
  return standing.length < ERASED_AT_ONCE ? null : (standing.at(-1) ?? null);
}

function erase(room: OpenRoom, ref: number, target: number, id: Uint8Array): void {
  const kind = relay.read("up", encode({ kind: "DELETE", id, body: { target } }));
  if (kind !== KIND.DELETE) throw new Error("a DELETE of our own is none");
  const config = { ...room.config, closed: false };
  const written = writeChange(room, kind, { id, ref, role: "member", config, now: room.settings.now() });
  if (written.status === "stored") publishWritten(room, kind, ref, written);
}

/** The room is deleted: nobody gets in any more, and whoever is here is sent away for good. */
export function endRoom({ meta, connections, relays }: OpenRoom): void {
  meta.set("removed", 1);
  for (const connection of connections.all()) connection.fail("GONE", "the room was deleted");
  relays.tellAll();
}

/** Whether the room was deleted. */
export function isRemoved({ meta }: OpenRoom): boolean {
  return meta.find("removed") === 1;
}
