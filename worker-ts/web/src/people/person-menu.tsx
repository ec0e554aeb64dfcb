// What can be done with somebody of the room, by those who may: another role, out, banned, and in again.
import { type RoomRole, removeMember, setRole } from "../api";
import { Confirm } from "../layer/confirm";
import { Menu, type MenuItem } from "../layer/menu";
import { Avatar } from "../ui/avatar";
import { BanIcon, CheckIcon, LeaveIcon } from "../ui/icons";
import type { Fellow, PersonRights } from "./roster";

const ROLE_NAMES: Readonly<Record<RoomRole, string>> = {
  owner: "Owner",
  moderator: "Moderator",
  member: "Member",
  banned: "Banned",
};

export const roleName = (role: RoomRole): string => ROLE_NAMES[role];

/** What is about to be done, once it is confirmed. */
export type Ask = "ban" | "remove" | "owner";

const ASKED: Readonly<Record<Ask, { readonly title: string; readonly action: string; readonly text: string }>> = {
  ban: {
    title: "Ban from this room",
    action: "Ban",
    text: "They are sent out at once and can neither read nor write here, until they are let in again. What they wrote stays.",
  },
  remove: {
    title: "Remove from this room",
    action: "Remove",
    text: "They are no longer a member. Into a public room they can come again.",
  },
  owner: {
    title: "Make an owner",
    action: "Make owner",
    text: "An owner can do everything here: change and delete the room, and take your own role away.",
  },
};

/** What one asks for becomes this role; null: none at all. */
const BECOMES: Readonly<Record<Ask, RoomRole | null>> = { ban: "banned", remove: null, owner: "owner" };

export const changeRole = (room: string, fellow: Fellow, role: RoomRole | null): Promise<unknown> =>
  role === null ? removeMember(room, fellow.id) : setRole(room, fellow.id, role);

export function PersonMenu(props: {
  readonly fellow: Fellow;
  readonly rights: PersonRights;
  readonly anchor: Element;
  /** To be done at once; null: off the list. */
  readonly onRole: (role: RoomRole | null) => void;
  /** To be asked about first. */
  readonly onAsk: (ask: Ask) => void;
  readonly onClose: () => void;
}) {
  const { fellow, rights, onRole, onAsk, onClose } = props;
  const roles = rights.roles.map(
    (role): MenuItem => ({
      label: roleName(role),
      checked: role === fellow.role,
      ...(role === fellow.role ? { icon: <CheckIcon /> } : {}),
      onChoose() {
        if (role === fellow.role) return;
        if (role === "owner") onAsk("owner");
        else onRole(role);
      },
    }),
  );
  const items: readonly (MenuItem | null)[] = [
    ...roles,
    ...(roles.length > 0 ? [null] : []),
    ...(rights.unban ? [{ label: "Let in again", icon: <CheckIcon />, onChoose: () => onRole(null) }] : []),
    ...(rights.remove
      ? [{ label: "Remove …", icon: <LeaveIcon />, danger: true, onChoose: () => onAsk("remove") }]
      : []),
    ...(rights.ban ? [{ label: "Ban …", icon: <BanIcon />, danger: true, onChoose: () => onAsk("ban") }] : []),
  ];
  return <Menu anchor={props.anchor} label={`What to do with ${fellow.name}`} items={items} onClose={onClose} />;
}

export function PersonConfirm(props: {
  readonly room: string;
  readonly fellow: Fellow;
  readonly ask: Ask;
  readonly onDone: () => void;
  readonly onClose: () => void;
}) {
  const { room, fellow, ask } = props;
  const { title, action, text } = ASKED[ask];
  const confirm = async () => {
    await changeRole(room, fellow, BECOMES[ask]);
    props.onDone();
  };
  return (
    <Confirm title={title} action={action} onConfirm={confirm} onClose={props.onClose}>
      <p class="who-line">
        <Avatar id={fellow.id} name={fellow.name} />
        <bdi class="strong">{fellow.name}</bdi>
      </p>
      <p>{text}</p>
    </Confirm>
  );
}
