// The page as a whole: who is signed in decides between the first screen and the house with its rooms.
import { useEffect } from "preact/hooks";
import { House } from "./house";
import { Toasts } from "./layer/toast";
import { useRoute } from "./route";
import { useSession } from "./session";
import { Welcome } from "./welcome/welcome";

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

function Screen() {
  const [session, look] = useSession();
  const route = useRoute();
  if (session.state === "loading") return <div aria-busy="true" />;
  if (session.state === "failed") return <Unreached message={session.message} onRetry={look} />;
  if (session.state === "nobody") {
    return (
      <Welcome
        {...(route.at === "room" ? { room: route.room } : {})}
        invited={route.at === "invite"}
        {...(session.notice === undefined ? {} : { notice: session.notice })}
        onDone={look}
      />
    );
  }
  return <House account={session.account} notice={session.notice} onSession={look} />;
}

export function App() {
  return (
    <>
      <Screen />
      <Toasts />
    </>
  );
}
