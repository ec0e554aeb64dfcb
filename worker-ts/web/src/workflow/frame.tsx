// What the pages of workflows stand in: who is signed in, the bar at the top, news at the foot; and what whoever is nobody sees instead.
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { type Account, continueAsGuest, sayError, signOut } from "../api";
import { Refusal } from "../layer/refusal";
import { Toasts, tell } from "../layer/toast";
import { useSession } from "../session";
import { LeaveIcon, Mark } from "../ui/icons";
import { ThemeButton } from "../ui/theme-button";
import { Unreached } from "../ui/unreached";
import { AccountForm } from "../welcome/account-form";
import { askingFor } from "./model/asking";
import { AskProvider } from "./use-ask";

function Bar(props: { readonly account: Account; readonly onSession: () => Promise<void> }) {
  const { account, onSession } = props;
  const leave = () => signOut().then(onSession, (error) => tell(sayError(error), { bad: true }));
  return (
    <header class="workflow-bar">
      <a class="home" href="/pages" aria-label="Ferrule: all pages">
        <Mark />
      </a>
      <a class="trail" href="/workflows">
        Workflows
      </a>
      <span class="spring" />
      <ThemeButton />
      <button
        type="button"
        class="icon-button"
        aria-label={`Sign out ${account.name}`}
        title={`Sign out ${account.name}`}
        onClick={() => void leave()}
      >
        <LeaveIcon />
      </button>
    </header>
  );
}

function Nobody(props: { readonly notice: string | undefined; readonly onDone: () => Promise<void> }) {
  const [refusal, setRefusal] = useState<string>();
  const enter = () => continueAsGuest().then(props.onDone, (error) => setRefusal(sayError(error)));
  return (
    <main class="welcome">
      <div class="corner">
        <ThemeButton />
      </div>
      <div class="welcome-card">
        <Mark />
        <h1>Workflows</h1>
        <p class="tagline">Runs are their owner's. Come in as a guest, or sign in.</p>
        <Refusal text={props.notice ?? refusal} />
        <button type="button" class="button primary wide large" onClick={() => void enter()}>
          Continue as guest
        </button>
        <div class="or" aria-hidden="true">
          or
        </div>
        <AccountForm first="sign-in" onDone={props.onDone} />
      </div>
    </main>
  );
}

/** The page around its content, which is shown to whoever is signed in. */
export function Frame(props: { readonly children: ComponentChildren }) {
  const [session, look] = useSession();
  const notice = "notice" in session ? session.notice : undefined;
  const ask = useMemo(() => askingFor(() => void look()), [look]);
  useEffect(() => {
    if (session.state === "somebody" && notice !== undefined) tell(notice);
  }, [session.state, notice]);
  return (
    <>
      {session.state === "loading" && <div aria-busy="true" />}
      {session.state === "failed" && <Unreached message={session.message} onRetry={look} />}
      {session.state === "nobody" && <Nobody notice={notice} onDone={look} />}
      {session.state === "somebody" && (
        <div class="workflow" key={session.account.id}>
          <Bar account={session.account} onSession={look} />
          <AskProvider value={ask}>{props.children}</AskProvider>
        </div>
      )}
      <Toasts />
    </>
  );
}
