// Who is signed in, as one hook; and the owner's link. Knows the API, no screen.
import { useCallback, useEffect, useState } from "preact/hooks";
import { type Account, ApiError, findAccount, signInAsOwner } from "./api";

export type Session =
  | { readonly state: "loading" }
  | { readonly state: "failed"; readonly message: string }
  | { readonly state: "nobody"; readonly notice?: string }
  | { readonly state: "somebody"; readonly account: Account; readonly notice?: string };

/** The token of an owner's link (`#admin=…`), taken out of the address bar at once so that it is not copied or kept. */
function takeOwnerToken(): string | undefined {
  const token = new URLSearchParams(location.hash.slice(1)).get("admin");
  if (token === null) return undefined;
  history.replaceState(history.state, "", location.pathname + location.search);
  return token === "" ? undefined : token;
}

async function followOwnerLink(): Promise<string | undefined> {
  const token = takeOwnerToken();
  if (token === undefined) return undefined;
  try {
    await signInAsOwner(token);
    return "You are signed in as the owner.";
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return "This owner link is not valid (any more).";
    return error instanceof Error ? error.message : String(error);
  }
}

/** The session, and a function that looks again (after signing in or out). */
export function useSession(): [Session, () => Promise<void>] {
  const [session, setSession] = useState<Session>({ state: "loading" });
  const look = useCallback(async () => {
    const notice = await followOwnerLink();
    const told = notice === undefined ? {} : { notice };
    try {
      const account = await findAccount();
      setSession(account === undefined ? { state: "nobody", ...told } : { state: "somebody", account, ...told });
    } catch (error) {
      setSession({ state: "failed", message: error instanceof Error ? error.message : String(error) });
    }
  }, []);
  useEffect(() => {
    const follow = () => void look();
    follow();
    // An owner's link opened in a tab that already shows the page changes the fragment alone.
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, [look]);
  return [session, look];
}
