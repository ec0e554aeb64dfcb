// People with names, rooms and talks for the page's tests, made by HTTP against the running Worker.
import { call, type Guest, join } from "../../harness/people";

/** Limits so wide that a test may write as fast as it can. */
export const WIDE = { RATE_WRITE: "1000/2000", RATE_READ: "1000/2000", RATE_SOFT: "1000/2000" } as const;

/** What everybody's account in these tests opens with. */
export const PASSWORD = "a password of nobody";

/** The e-mail address of somebody's account. */
export const addressOf = (name: string): string => `${name.toLowerCase().replace(/\W+/gu, ".")}@example.org`;

/** Makes an account with this name. */
export async function account(url: string, name: string): Promise<Guest> {
  const response = await fetch(`${url}/api/auth/sign-up/email`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: url },
    body: JSON.stringify({ name, email: addressOf(name), password: PASSWORD }),
  });
  const token = response.headers.get("set-auth-token");
  if (!response.ok || token === null) throw new Error(`no account: ${response.status} ${await response.text()}`);
  const { user } = (await response.json()) as { user: { id: string } };
  return { token, userId: user.id, name };
}

/** A public room of its own; the others are members. Returns its id. */
export async function openRoom(
  url: string,
  title: string,
  owner: Guest,
  others: readonly Guest[] = [],
): Promise<string> {
  const { id } = await call<{ id: string }>(url, "/api/rooms", owner, { title });
  for (const other of others) await join(url, id, other);
  return id;
}

/** Writes one message and returns its seq. */
export async function post(url: string, room: string, who: Guest, text: string, replyTo?: number): Promise<number> {
  const body = { text, ...(replyTo === undefined ? {} : { replyTo }) };
  return (await call<{ seq: number }>(url, `/api/rooms/${room}/messages`, who, body)).seq;
}

/** "number 1" to "number `count`", one after another. */
export async function count(url: string, room: string, who: Guest, from: number, to: number): Promise<void> {
  for (let number = from; number <= to; number += 1) await post(url, room, who, `number ${number}`);
}
