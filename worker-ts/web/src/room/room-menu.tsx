// The room's name as a button, and behind it all that can be done with the room: by everybody, by those who keep order, by owners.
import { useState } from "preact/hooks";
import { changeRoom, deleteRoom, leaveRoom, type RoomInfo, type RoomRole, roomExport, sayError } from "../api";
import { Confirm } from "../layer/confirm";
import { MenuButton, type MenuItem } from "../layer/menu";
import { tell } from "../layer/toast";
import { pathOf } from "../route";
import { copyText } from "../ui/copy-text";
import {
  BanIcon,
  BinIcon,
  CheckIcon,
  DownloadIcon,
  GearIcon,
  HashIcon,
  InviteIcon,
  LeaveIcon,
  LinkIcon,
  LockIcon,
  OpenIcon,
} from "../ui/icons";
import { InvitePeople } from "./invite-people";
import { RoomSettings } from "./room-settings";

export type RoomDialog = "settings" | "invite" | "close" | "delete" | "leave";

/** Who may do what is asked for here. */
export interface RoomScene {
  readonly room: string;
  readonly title: string;
  readonly info: RoomInfo | undefined;
  readonly role: RoomRole | undefined;
  readonly closed: boolean;
}

/** Saves a file that the server makes, without leaving the page. */
function download(address: string, name: string): void {
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
}

async function copyLink(room: string): Promise<void> {
  const done = await copyText(location.origin + pathOf({ at: "room", room }));
  tell(done ? "Link copied." : "Your browser does not let this page copy.", { bad: !done });
}

function itemsOf(scene: RoomScene, open: (dialog: RoomDialog) => void): readonly (MenuItem | null)[] {
  const { room, info, role, closed } = scene;
  const owner = role === "owner" && info !== undefined;
  const keeper = owner || role === "moderator";
  const reopen = () => void changeRoom(room, { closed: false }).catch((error) => tell(sayError(error), { bad: true }));
  return [
    ...(keeper && info !== undefined
      ? [{ label: "Invite people", icon: <InviteIcon />, onChoose: () => open("invite") }]
      : []),
    { label: "Copy the link of this room", icon: <LinkIcon />, onChoose: () => void copyLink(room) },
    ...(keeper
      ? [
          {
            label: "Export as a file",
            icon: <DownloadIcon />,
            onChoose: () => download(roomExport(room), `${room}.ndjson`),
          },
        ]
      : []),
    ...(owner ? [{ label: "Room settings", icon: <GearIcon />, onChoose: () => open("settings") }] : []),
    null,
    ...(owner
      ? [
          closed
            ? { label: "Open the room again", icon: <CheckIcon />, onChoose: reopen }
            : { label: "Close the room …", icon: <BanIcon />, onChoose: () => open("close") },
        ]
      : []),
    { label: "Leave the room …", icon: <LeaveIcon />, danger: true, onChoose: () => open("leave") },
    ...(owner ? [{ label: "Delete the room …", icon: <BinIcon />, danger: true, onChoose: () => open("delete") }] : []),
  ];
}

export function RoomMenu(props: RoomScene & { readonly onDialog: (dialog: RoomDialog) => void }) {
  const { title, info } = props;
  return (
    <h1 class="chat-title" aria-label={title}>
      <MenuButton
        class="title-button"
        label={`${title}: what to do with this room`}
        title={title}
        items={() => itemsOf(props, props.onDialog)}
      >
        {info?.visibility === "private" ? <LockIcon /> : <HashIcon />}
        <span class="title-text" dir="auto">
          {title}
        </span>
        <OpenIcon />
      </MenuButton>
    </h1>
  );
}

export interface RoomDialogsProps extends RoomScene {
  readonly dialog: RoomDialog | undefined;
  readonly onClose: () => void;
  /** The room is another one in the list. */
  readonly onChanged: () => void;
  /** There is nothing to do here any more. */
  readonly onGone: () => void;
}

/** The dialogs of the menu. */
export function RoomDialogs(props: RoomDialogsProps) {
  const { dialog, room, info, title, onClose, onChanged, onGone } = props;
  const done = () => {
    onClose();
    onChanged();
  };
  switch (dialog) {
    case "settings":
      return info === undefined ? null : <RoomSettings info={info} onDone={done} onClose={onClose} />;
    case "invite":
      return info === undefined ? null : <InvitePeople info={info} owner={props.role === "owner"} onClose={onClose} />;
    case "close":
      return (
        <Confirm
          title="Close the room"
          action="Close the room"
          onConfirm={async () => {
            await changeRoom(room, { closed: true });
            done();
          }}
          onClose={onClose}
        >
          <p>It can be read, but nobody can write in it, until you open it again.</p>
        </Confirm>
      );
    case "leave":
      return (
        <Confirm
          title="Leave the room"
          action="Leave"
          onConfirm={async () => {
            await leaveRoom(room);
            onGone();
          }}
          onClose={onClose}
        >
          <p>
            You leave <bdi class="strong">{title}</bdi>.{" "}
            {info?.visibility === "private"
              ? "It is private: to come back you need an invitation."
              : "You can join again whenever you like."}{" "}
            What you wrote stays.
          </p>
        </Confirm>
      );
    case "delete":
      return <DeleteRoom room={room} title={title} onDone={onGone} onClose={onClose} />;
    default:
      return null;
  }
}

function DeleteRoom(props: {
  readonly room: string;
  readonly title: string;
  readonly onDone: () => void;
  readonly onClose: () => void;
}) {
  const [purge, setPurge] = useState(true);
  const remove = async () => {
    await deleteRoom(props.room, purge);
    props.onDone();
  };
  return (
    <Confirm
      title="Delete the room"
      action="Delete the room"
      word={props.title}
      onConfirm={remove}
      onClose={props.onClose}
    >
      <p>Everybody is sent out, and nobody finds the room any more. This cannot be undone.</p>
      <label class="check">
        <input type="checkbox" checked={purge} onChange={(event) => setPurge(event.currentTarget.checked)} />
        <span>Erase everything that was said in it, and its files</span>
      </label>
    </Confirm>
  );
}
