// A page for admins around what it shows them: who is signed in, the way in for whoever is nobody, and news at the foot.
import type { ComponentChildren } from "preact";
import type { Account } from "../api";
import { Toasts } from "../layer/toast";
import { useSession } from "../session";
import { Unreached } from "../ui/unreached";
import { type Gated, SignIn } from "./gate";

/** Who is signed in, and how to look again who is. */
export interface Visit {
  readonly account: Account;
  readonly notice: string | undefined;
  readonly onSession: () => Promise<void>;
}

function Screen(props: { readonly page: Gated; readonly inside: (visit: Visit) => ComponentChildren }) {
  const [session, look] = useSession();
  if (session.state === "loading") return <div aria-busy="true" />;
  if (session.state === "failed") return <Unreached message={session.message} onRetry={look} />;
  if (session.state === "nobody") return <SignIn page={props.page} notice={session.notice} onDone={look} />;
  return <>{props.inside({ account: session.account, notice: session.notice, onSession: look })}</>;
}

/** @param props `inside` is shown to whoever is signed in; whether they are an admin, it finds out by asking. */
export function AdminPage(props: { readonly page: Gated; readonly inside: (visit: Visit) => ComponentChildren }) {
  return (
    <>
      <Screen {...props} />
      <Toasts />
    </>
  );
}
