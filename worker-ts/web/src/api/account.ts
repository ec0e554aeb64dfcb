// Who is signed in: in, out, name, picture, and away for good.
import { call, callWith, isRecord, ownPath, textOf } from "./call";

/** Who is signed in. */
export interface Account {
  readonly id: string;
  readonly name: string;
  readonly guest: boolean;
  /** A guest's is none that anybody reads. */
  readonly email: string;
  /** Path of a picture of their own; null: there is none. */
  readonly avatar: string | null;
}

/** Beginning of every picture's path. */
const PICTURES = "/api/users/";

/** The path of somebody's own picture; null when the server has none of theirs. */
export const avatarPath = (url: string | null | undefined): string | null => ownPath(url, PICTURES);

/** Who is signed in; undefined for nobody. */
export async function findAccount(): Promise<Account | undefined> {
  const answer = await call("GET", "/api/auth/get-session");
  const user = isRecord(answer) ? answer["user"] : undefined;
  if (!isRecord(user)) return undefined;
  const id = textOf(user["id"]);
  return id === undefined
    ? undefined
    : {
        id,
        name: textOf(user["name"]) ?? "Somebody",
        guest: user["isAnonymous"] === true,
        email: textOf(user["email"]) ?? "",
        avatar: avatarPath(textOf(user["image"])),
      };
}

export const continueAsGuest = (): Promise<unknown> => call("POST", "/api/auth/sign-in/anonymous", {});
export const signIn = (email: string, password: string): Promise<unknown> =>
  call("POST", "/api/auth/sign-in/email", { email, password });
export const signUp = (name: string, email: string, password: string): Promise<unknown> =>
  call("POST", "/api/auth/sign-up/email", { name, email, password });
export const signInAsOwner = (token: string): Promise<unknown> => call("POST", "/api/auth/sign-in/admin", { token });
export const signOut = (): Promise<unknown> => call("POST", "/api/auth/sign-out", {});

/** Everybody sees the new name at once. */
export const changeName = (name: string): Promise<unknown> => call("PATCH", "/api/users/me", { name });
export const changePicture = (picture: Blob): Promise<unknown> => callWith("PUT", "/api/users/me/avatar", picture);
export const removePicture = (): Promise<unknown> => call("DELETE", "/api/users/me/avatar");
/** Ends the account; `messages` also erases everything it wrote. */
export const deleteAccount = (messages: boolean): Promise<unknown> =>
  call("DELETE", messages ? "/api/users/me?messages=erase" : "/api/users/me");

/** Address of everything that the server has of the caller, as a file. */
export const OWN_EXPORT = "/api/users/me/export";
