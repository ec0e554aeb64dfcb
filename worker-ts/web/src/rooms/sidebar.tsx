// The side of the page: rooms, a new room, and who I am.
import { useState } from "preact/hooks";
import { Profile } from "../account/profile";
import type { Account, RoomInfo } from "../api";
import { Dialog } from "../layer/dialog";
import { followLink, navigate, pathOf } from "../route";
import { Avatar } from "../ui/avatar";
import { HashIcon, KeyboardIcon, LeaveIcon, LockIcon, Mark, PlusIcon } from "../ui/icons";
import { ThemeButton } from "../ui/theme-button";
import { AccountForm } from "../welcome/account-form";
import { CreateRoom } from "./create-room";
import type { Rooms } from "./use-rooms";

function RoomLink(props: { readonly room: RoomInfo; readonly current: boolean }) {
  const { room } = props;
  const route = { at: "room", room: room.id } as const;
  const unread = room.unread ?? 0;
  return (
    <a
      class={unread > 0 && !props.current ? "room-link unread" : "room-link"}
      href={pathOf(route)}
      aria-current={props.current ? "page" : undefined}
      onClick={(event) => followLink(event, route)}
    >
      {room.visibility === "private" ? <LockIcon /> : <HashIcon />}
      <bdi class="room-title">{room.title}</bdi>
      {room.visibility === "private" && <span class="sr-only">, private</span>}
      {room.closedAt !== null && <span class="mark-text">closed</span>}
      {unread > 0 && !props.current && (
        <span class="count">
          {unread > 99 ? "99+" : unread}
          <span class="sr-only"> unread</span>
        </span>
      )}
    </a>
  );
}

function RoomList(props: { readonly title: string; readonly rooms: readonly RoomInfo[]; readonly current?: string }) {
  if (props.rooms.length === 0) return null;
  return (
    <section class="room-list">
      <h2>{props.title}</h2>
      <ul>
        {props.rooms.map((room) => (
          <li key={room.id}>
            <RoomLink room={room} current={room.id === props.current} />
          </li>
        ))}
      </ul>
    </section>
  );
}

export function Sidebar(props: {
  readonly account: Account;
  readonly rooms: Rooms;
  readonly current?: string;
  readonly onSession: () => Promise<void>;
  readonly onSignOut: () => void;
  /** The account was deleted. */
  readonly onDeleted: () => Promise<void>;
  /** Shows the keys. */
  readonly onHelp: () => void;
}) {
  const [open, setOpen] = useState<"room" | "account" | "profile">();
  const close = () => setOpen(undefined);
  const { account, rooms } = props;
  const current = props.current === undefined ? {} : { current: props.current };
  return (
    <nav class="sidebar" aria-label="Rooms">
      <header class="sidebar-head">
        <Mark />
        <span class="brand">Ferrule</span>
        <button
          type="button"
          class="icon-button only-keys"
          aria-label="Keyboard"
          title="Keyboard (?)"
          onClick={props.onHelp}
        >
          <KeyboardIcon />
        </button>
        <button
          type="button"
          class="icon-button"
          aria-label="New room"
          title="New room"
          onClick={() => setOpen("room")}
        >
          <PlusIcon />
        </button>
      </header>
      <div class="sidebar-rooms">
        {rooms.list === undefined ? (
          <p class="hint">{rooms.failed ? "The rooms could not be loaded." : "Loading rooms …"}</p>
        ) : (
          <>
            <RoomList
              title="Your rooms"
              rooms={rooms.list.filter((room) => room.role !== null && room.role !== "banned")}
              {...current}
            />
            <RoomList title="Public rooms" rooms={rooms.list.filter((room) => room.role === null)} {...current} />
          </>
        )}
      </div>
      <footer class="sidebar-foot">
        <button type="button" class="who-picture" title="Your profile" onClick={() => setOpen("profile")}>
          <Avatar id={account.id} name={account.name} />
          <span class="sr-only">Your profile</span>
        </button>
        <span class="who">
          <bdi class="who-name">{account.name}</bdi>
          {account.guest ? (
            <button type="button" class="link-button" onClick={() => setOpen("account")}>
              Keep this account
            </button>
          ) : (
            <small class="hint who-mail">{account.email}</small>
          )}
        </span>
        <ThemeButton />
        <button type="button" class="icon-button" aria-label="Sign out" title="Sign out" onClick={props.onSignOut}>
          <LeaveIcon />
        </button>
      </footer>
      {open === "room" && (
        <CreateRoom
          onClose={close}
          onMade={(room) => {
            close();
            void rooms.reload();
            navigate({ at: "room", room: room.id });
          }}
        />
      )}
      {open === "profile" && (
        <Profile
          account={account}
          onChanged={props.onSession}
          onDeleted={async () => {
            close();
            await props.onDeleted();
          }}
          onClose={close}
        />
      )}
      {open === "account" && (
        <Dialog title="Keep this account" onClose={close}>
          <p class="hint">Your rooms and messages stay yours.</p>
          <AccountForm
            first="sign-up"
            onDone={async () => {
              close();
              await props.onSession();
            }}
          />
        </Dialog>
      )}
    </nav>
  );
}
