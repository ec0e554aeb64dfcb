// The first screen: in as a guest with one click, or with an account.
import { useState } from "preact/hooks";
import { continueAsGuest } from "../api";
import { Mark } from "../ui/icons";
import { ThemeButton } from "../ui/theme-button";
import { AccountForm } from "./account-form";

export function Welcome(props: {
  /** The room somebody was invited to by its address. */
  readonly room?: string;
  /** Somebody follows an invitation. */
  readonly invited: boolean;
  readonly notice?: string;
  readonly onDone: () => Promise<void>;
}) {
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string>();
  const enter = async () => {
    setBusy(true);
    setRefusal(undefined);
    try {
      await continueAsGuest();
      await props.onDone();
    } catch (error) {
      setRefusal(error instanceof Error ? error.message : String(error));
      setBusy(false);
    }
  };
  return (
    <main class="welcome">
      <div class="corner">
        <ThemeButton />
      </div>
      <div class="welcome-card">
        <Mark />
        <h1>Ferrule</h1>
        <p class="tagline">
          {props.invited
            ? "You are invited to a room. Come in as a guest, or sign in."
            : props.room === undefined
              ? "Rooms where nothing you say gets lost."
              : `You are invited to #${props.room}.`}
        </p>
        {props.notice !== undefined && (
          <p class="refusal" role="alert">
            {props.notice}
          </p>
        )}
        <button type="button" class="button primary wide large" onClick={enter} disabled={busy}>
          Continue as guest
        </button>
        {refusal !== undefined && (
          <p class="refusal" role="alert">
            {refusal}
          </p>
        )}
        <p class="hint center">One click, no e-mail. You can make it an account later.</p>
        <div class="or" aria-hidden="true">
          or
        </div>
        <AccountForm first="sign-in" onDone={props.onDone} />
      </div>
    </main>
  );
}
