// Sign in or sign up by e-mail and password. Calls the API itself; tells its owner when somebody is signed in.
import { useRef, useState } from "preact/hooks";
import { NAME_CHARACTERS_MAX } from "../account/profile";
import { signIn, signUp } from "../api";

const PASSWORD_CHARACTERS_MIN = 8;

type Way = "sign-in" | "sign-up";

export function AccountForm(props: { readonly first: Way; readonly onDone: () => Promise<void> }) {
  const [way, setWay] = useState<Way>(props.first);
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string>();
  const form = useRef<HTMLFormElement>(null);

  const submit = async (event: Event) => {
    event.preventDefault();
    const data = new FormData(form.current!);
    const text = (name: string) => String(data.get(name) ?? "").trim();
    const password = String(data.get("password") ?? "");
    setBusy(true);
    setRefusal(undefined);
    try {
      await (way === "sign-in" ? signIn(text("email"), password) : signUp(text("name"), text("email"), password));
      await props.onDone();
    } catch (error) {
      setRefusal(error instanceof Error ? error.message : String(error));
      setBusy(false);
    }
  };

  const other = way === "sign-in" ? "sign-up" : "sign-in";
  const choose = () => {
    setRefusal(undefined);
    setWay(other);
  };
  return (
    <form ref={form} class="account-form" onSubmit={submit}>
      {way === "sign-up" && (
        <label class="field">
          Name
          <input name="name" type="text" autocomplete="nickname" maxLength={NAME_CHARACTERS_MAX} required />
        </label>
      )}
      <label class="field">
        E-mail
        <input name="email" type="email" autocomplete="username" required />
      </label>
      {/* Another field per way: password managers look at autocomplete once. */}
      {way === "sign-in" ? (
        <label key="old" class="field">
          Password
          <input name="password" type="password" autocomplete="current-password" required />
        </label>
      ) : (
        <label key="new" class="field">
          Password (at least {PASSWORD_CHARACTERS_MIN} characters)
          <input
            name="password"
            type="password"
            autocomplete="new-password"
            minLength={PASSWORD_CHARACTERS_MIN}
            required
          />
        </label>
      )}
      {refusal !== undefined && (
        <p class="refusal" role="alert">
          {refusal}
        </p>
      )}
      <button type="submit" class="button wide" disabled={busy}>
        {way === "sign-in" ? "Sign in" : "Create account"}
      </button>
      <p class="aside">
        {way === "sign-in" ? "New here?" : "Already have an account?"}{" "}
        <button type="button" class="link-button" onClick={choose}>
          {way === "sign-in" ? "Create an account" : "Sign in"}
        </button>
      </p>
    </form>
  );
}
