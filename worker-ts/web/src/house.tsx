// The page of somebody who is signed in: rooms at the side, one of them in the middle, or an invitation to one.
import { useCallback, useEffect, useMemo, useState } from "preact/hooks";
import { type Account, sayError, signOut } from "./api";
import { Chat } from "./chat/chat";
import { usePanel } from "./chat/use-panel";
import { DRAFTS } from "./compose/composer";
import { tell } from "./layer/toast";
import { Sidebar } from "./rooms/sidebar";
import { useRooms } from "./rooms/use-rooms";
import { navigate, type Route, useRoute } from "./route";
import type { Query } from "./search/search-panel";
import { Pictures } from "./ui/avatar";
import { CloseIcon } from "./ui/icons";
import { KeyboardHelp, useHelpKey } from "./ui/keyboard-help";
import { forgetAll, recall, remember } from "./ui/storage";
import { Invitation } from "./welcome/invitation";

function Notice(props: { readonly text: string; readonly onClose: () => void }) {
  return (
    <div class="notice" role="status">
      <span>{props.text}</span>
      <button type="button" class="icon-button" aria-label="Dismiss" onClick={props.onClose}>
        <CloseIcon />
      </button>
    </div>
  );
}

/** Past the rooms, straight to the text box. */
function skip(): void {
  document.querySelector<HTMLElement>("#message-box")?.focus();
}

/** The address of nothing leads to the room that was open last. */
function useWayIn(route: Route): void {
  useEffect(() => {
    if (route.at === "home") navigate({ at: "room", room: recall("room") || "lobby" }, { replace: true });
    if (route.at === "rooms") document.title = "Rooms · Ferrule";
    if (route.at === "invite") document.title = "Invitation · Ferrule";
  }, [route.at]);
  const room = route.at === "room" ? route.room : undefined;
  useEffect(() => {
    if (room !== undefined) remember("room", room);
  }, [room]);
}

/** Signs out; `after` an account was deleted there is nothing to sign out of. */
async function leave(onSession: () => Promise<void>, signedOut: boolean): Promise<void> {
  try {
    if (!signedOut) await signOut();
    remember("room", "");
    // First the session, then the address: the way in sends whoever is signed in on to a room.
    await onSession();
    // Not before the composer is gone; the next person here is not to read what was half written.
    forgetAll(DRAFTS);
    navigate({ at: "home" });
  } catch (error) {
    tell(sayError(error), { bad: true });
  }
}

function Nothing() {
  return (
    <div class="empty">
      <h1>Choose a room</h1>
      <p class="hint">Or make a new one with the plus sign above the list.</p>
    </div>
  );
}

export function House(props: {
  readonly account: Account;
  readonly notice: string | undefined;
  readonly onSession: () => Promise<void>;
}) {
  const { account, onSession } = props;
  const route = useRoute();
  const rooms = useRooms();
  const panel = usePanel();
  const [query, setQuery] = useState<Query>({ words: "", all: false });
  const [notice, setNotice] = useState(props.notice);
  const [help, setHelp] = useState(false);
  const room = route.at === "room" ? route.room : undefined;
  const openHelp = useCallback(() => setHelp(true), []);
  const signedOut = useCallback(() => void onSession(), [onSession]);
  const changed = useCallback(() => void rooms.reload(), [rooms.reload]);
  useWayIn(route);
  useHelpKey(openHelp);
  useEffect(() => setNotice(props.notice), [props.notice]);
  const own = useMemo(
    () => new Map(account.avatar === null ? [] : [[account.id, account.avatar] as const]),
    [account.id, account.avatar],
  );

  return (
    <Pictures.Provider value={own}>
      <div class="shell" data-at={route.at === "rooms" ? "rooms" : "room"}>
        {room !== undefined && (
          <button type="button" class="button skip" onClick={skip}>
            Skip to writing
          </button>
        )}
        <Sidebar
          account={account}
          rooms={rooms}
          {...(room === undefined ? {} : { current: room })}
          onSession={onSession}
          onSignOut={() => void leave(onSession, false)}
          onDeleted={() => leave(onSession, true)}
          onHelp={openHelp}
        />
        <main class="main">
          {notice !== undefined && <Notice text={notice} onClose={() => setNotice(undefined)} />}
          {route.at === "room" ? (
            <Chat
              // A room of another person is another room: nothing is carried over.
              key={`${account.id}/${route.room}`}
              room={route.room}
              account={account}
              rooms={rooms.list ?? []}
              seq={route.seq}
              panel={panel}
              query={query}
              onQuery={setQuery}
              onSignedOut={signedOut}
              onChanged={changed}
              onRead={rooms.markRead}
            />
          ) : route.at === "invite" ? (
            <Invitation
              token={route.token}
              name={account.name}
              onEntered={(entered) => {
                changed();
                navigate({ at: "room", room: entered.id }, { replace: true });
              }}
            />
          ) : (
            <Nothing />
          )}
        </main>
        {help && <KeyboardHelp onClose={() => setHelp(false)} />}
      </div>
    </Pictures.Provider>
  );
}
