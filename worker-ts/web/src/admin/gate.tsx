// What stands in place of a page for admins for whoever may not see it: how to sign in, and what makes somebody an admin.
import type { ComponentChildren } from "preact";
import { type Account, signOut } from "../api";
import { Mark } from "../ui/icons";
import { ThemeButton } from "../ui/theme-button";
import { AccountForm } from "../welcome/account-form";

/** Which page it is: its name, and its path. */
export interface Gated {
  readonly title: string;
  readonly path: string;
}

function Card(props: {
  readonly title: string;
  readonly notice: string | undefined;
  readonly children: ComponentChildren;
}) {
  return (
    <main class="welcome">
      <div class="corner">
        <ThemeButton />
      </div>
      <div class="welcome-card">
        <Mark />
        <h1>{props.title}</h1>
        {props.notice !== undefined && (
          <p class="refusal" role="alert">
            {props.notice}
          </p>
        )}
        {props.children}
      </div>
    </main>
  );
}

function HowTo(props: { readonly path: string }) {
  return (
    <p class="hint">
      Admins are those whose verified e-mail address stands in the setting <code>ADMIN_EMAILS</code>. On your own
      machine, open this page with the owner's link: <code>npm start</code> prints it, and{" "}
      <code>{props.path}#admin=TOKEN</code> works as well, with the value of <code>ADMIN_TOKEN</code>.
    </p>
  );
}

/** Nobody is signed in. */
export function SignIn(props: {
  readonly page: Gated;
  readonly notice: string | undefined;
  readonly onDone: () => Promise<void>;
}) {
  return (
    <Card title={props.page.title} notice={props.notice}>
      <p class="tagline">This page is for admins. Sign in as one.</p>
      <AccountForm first="sign-in" onDone={props.onDone} />
      <HowTo path={props.page.path} />
    </Card>
  );
}

/** Somebody is, but is no admin. */
export function NoAdmin(props: {
  readonly page: Gated;
  readonly account: Account;
  readonly notice: string | undefined;
  readonly onAgain: () => void;
  readonly onSession: () => Promise<void>;
}) {
  return (
    <Card title={props.page.title} notice={props.notice}>
      <p class="tagline">
        You are signed in as <bdi class="strong">{props.account.guest ? props.account.name : props.account.email}</bdi>,
        who is no admin.
      </p>
      <HowTo path={props.page.path} />
      <div class="buttons">
        <button type="button" class="button" onClick={() => void signOut().then(props.onSession)}>
          Sign out
        </button>
        <button type="button" class="button primary" onClick={props.onAgain}>
          Try again
        </button>
      </div>
    </Card>
  );
}
