// One list out of two, its order, and who may do what with whom.
import { expect, it } from "vitest";
import type { Present } from "../../../src/client";
import type { Member, RoomRole } from "../api";
import { type Fellow, makeRoster, rightsOver } from "./roster";

const present = (name: string, more: Partial<Present> = {}): Present => ({
  person: { ref: 1, id: name, name, guest: false, bot: false, gone: false },
  connections: 1,
  away: false,
  ...more,
});
const member = (name: string, role: RoomRole = "member"): Member => ({
  id: name,
  name,
  guest: false,
  avatar: null,
  role,
  joinedAt: 0,
});
const names = (list: readonly Fellow[]) => list.map(({ name }) => name);

it("lists everybody once: oneself first, then by role and name; those not here and the banned apart", () => {
  const roster = makeRoster(
    [present("Zoe"), present("Bob", { away: true }), present("Me", { connections: 2 }), present("Ann"), present("Own")],
    [member("Own", "owner"), member("Me"), member("Zoe", "moderator"), member("Far"), member("Bad", "banned")],
    "Me",
  );
  expect(names(roster.here)).toEqual(["Me", "Own", "Zoe", "Ann"]);
  expect(roster.here[0]).toMatchObject({ connections: 2, role: "member", state: "here" });
  expect(roster.here[3]!.role).toBeUndefined();
  expect(names(roster.away)).toEqual(["Bob"]);
  expect(roster.gone).toMatchObject([{ name: "Far", role: "member", state: "gone" }]);
  expect(names(roster.banned)).toEqual(["Bad"]);
});

it("lets owners do everything, moderators only with members, members nothing, nobody with themselves", () => {
  const fellow = (role: RoomRole | undefined, id = "them"): Fellow => ({
    id,
    name: id,
    guest: false,
    bot: false,
    role,
    state: "here",
    connections: 1,
  });
  const over = (own: RoomRole | undefined, role: RoomRole | undefined) => rightsOver(own, "me", fellow(role));
  const none = { roles: [], remove: false, ban: false, unban: false };
  for (const role of ["owner", "moderator", "member", undefined] as const) {
    expect(over("owner", role)).toEqual({
      roles: ["member", "moderator", "owner"],
      remove: true,
      ban: true,
      unban: false,
    });
    expect(over("member", role)).toEqual(none);
    expect(over(undefined, role)).toEqual(none);
    const plain = role === "member" || role === undefined;
    expect(over("moderator", role)).toEqual({ ...none, remove: plain, ban: plain });
  }
  expect(over("owner", "banned")).toEqual({ ...none, unban: true });
  expect(over("moderator", "banned")).toEqual({ ...none, unban: true });
  expect(rightsOver("owner", "me", fellow("owner", "me"))).toEqual(none);
});
