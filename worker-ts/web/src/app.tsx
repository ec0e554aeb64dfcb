// The page as a whole: who is signed in decides between the first screen and the rooms, the address decides the room.
import { useCallback, useEffect, useState } from "preact/hooks";
import { type Account, signOut } from "./api";
import { Chat } from "./chat/chat";
import { DRAFTS } from "./chat/composer";
import { Sidebar } from "./rooms/sidebar";
import { useRooms } from "./rooms/use-rooms";
import { navigate, useRoute } from "./route";
import { useSession } from "./session";
import { CloseIcon } from "./ui/icons";
import { KeyboardHelp, useHelpKey } from "./ui/keyboard-help";
import { forgetAll, recall, remember } from "./ui/storage";
import { Welcome } from "./welcome/welcome";

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

const LOOK_AGAIN_MS = 3000;

/** Nobody can say who is signed in: looks again by itself, and at once when the line comes back. */
function Unreached(props: { readonly message: string; readonly onRetry: () => Promise<void> }) {
  const { onRetry } = props;
  useEffect(() => {
    const timer = setInterval(onRetry, LOOK_AGAIN_MS);
    addEventListener("online", onRetry);
    return () => {
      clearInterval(timer);
      removeEventListener("online", onRetry);
    };
  }, [onRetry]);
  return (
    <main class="empty">
      <h1>Ferrule cannot be reached</h1>
      <p class="hint">{props.message}</p>
      <button type="button" class="button primary" onClick={onRetry}>
        Try again
      </button>
    </main>
  );
}

/** Past the rooms, straight to the text box. */
function skip(): void {
  document.querySelector<HTMLElement>("#message-box")?.focus();
}

function House(props: {
  readonly account: Account;
  readonly notice: string | undefined;
  readonly onSession: () => Promise<void>;
}) {
  const { account, onSession } = props;
  const route = useRoute();
  const rooms = useRooms();
  const room = route.at === "room" ? route.room : undefined;
  const [notice, setNotice] = useState(props.notice);

  useEffect(() => {
    if (route.at === "home") navigate({ at: "room", room: recall("room") ?? "lobby" }, { replace: true });
    if (route.at === "rooms") document.title = "Rooms · Ferrule";
  }, [route.at]);
  useEffect(() => setNotice(props.notice), [props.notice]);
  useEffect(() => {
    if (room !== undefined) remember("room", room);
  }, [room]);
  const signedOut = useCallback(() => void onSession(), [onSession]);
  const changed = useCallback(() => void rooms.reload(), [rooms.reload]);
  const [help, setHelp] = useState(false);
  const openHelp = useCallback(() => setHelp(true), []);
  useHelpKey(openHelp);
  const leave = async () => {
    try {
      await signOut();
      remember("room", "");
      // First the session, then the address: the way in sends whoever is signed in on to a room.
      await onSession();
      // Not before the composer is gone; the next person here is not to read what was half written.
      forgetAll(DRAFTS);
      navigate({ at: "home" });
    } catch (error) {
      setNotice(error instanceof Error ? error.message : String(error));
    }
  };

  return (
    <div class="shell" data-at={route.at === "home" ? "room" : route.at}>
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
        onSignOut={leave}
        onHelp={openHelp}
      />
      <main class="main">
        {notice !== undefined && <Notice text={notice} onClose={() => setNotice(undefined)} />}
        {room === undefined ? (
          <div class="empty">
            <h1>Choose a room</h1>
            <p class="hint">Or make a new one with the plus sign above the list.</p>
          </div>
        ) : (
          <Chat
            // A room of another person is another room: nothing is carried over.
            key={`${account.id}/${room}`}
            room={room}
            info={rooms.list?.find((one) => one.id === room)}
            onSignedOut={signedOut}
            onChanged={changed}
            onRead={rooms.markRead}
          />
        )}
      </main>
      {help && <KeyboardHelp onClose={() => setHelp(false)} />}
    </div>
  );
}

export function App() {
  const [session, look] = useSession();
  const route = useRoute();
  if (session.state === "loading") return <div aria-busy="true" />;
  if (session.state === "failed") return <Unreached message={session.message} onRetry={look} />;
  if (session.state === "nobody") {
    return (
      <Welcome
        {...(route.at === "room" ? { room: route.room } : {})}
        {...(session.notice === undefined ? {} : { notice: session.notice })}
        onDone={look}
      />
    );
  }
  return <House account={session.account} notice={session.notice} onSession={look} />;
}
