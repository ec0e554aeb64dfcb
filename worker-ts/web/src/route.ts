// Which address shows what, both ways, and the hook that follows the address bar. Nothing here knows what a screen looks like.
import { useEffect, useState } from "preact/hooks";

/**
 * `home`: the way in; `rooms`: the list alone (on a narrow screen); `room`: one room, and maybe one message of it; `invite`: the
 * way in by an invitation.
 */
export type Route =
  | { readonly at: "home" }
  | { readonly at: "rooms" }
  | { readonly at: "room"; readonly room: string; readonly seq?: number }
  | { readonly at: "invite"; readonly token: string };

const ROOM = /^\/rooms\/([a-z0-9-]{3,48})(?:\/(\d{1,15}))?\/?$/u;
/** A token is base64url. */
const INVITE = /^\/invite\/([\w-]{16,200})\/?$/u;

/** Reads a path; whatever is not ours is the way in. */
export function parseRoute(path: string): Route {
  const [, room, seq] = ROOM.exec(path) ?? [];
  if (room !== undefined) return { at: "room", room, ...(seq === undefined ? {} : { seq: Number(seq) }) };
  const token = INVITE.exec(path)?.[1];
  if (token !== undefined) return { at: "invite", token };
  return /^\/rooms\/?$/u.test(path) ? { at: "rooms" } : { at: "home" };
}

/** The path of a route. */
export function pathOf(route: Route): string {
  if (route.at === "home") return "/";
  if (route.at === "invite") return `/invite/${route.token}`;
  if (route.at === "rooms") return "/rooms";
  return `/rooms/${route.room}${route.seq === undefined ? "" : `/${route.seq}`}`;
}

/** Goes to a route; `replace` leaves no step back. */
export function navigate(route: Route, options?: { readonly replace: boolean }): void {
  const path = pathOf(route);
  if (path === location.pathname) return;
  if (options?.replace === true) history.replaceState(null, "", path);
  else history.pushState(null, "", path);
  dispatchEvent(new PopStateEvent("popstate"));
}

/** A link's click handler: goes there without a page load, unless the click asks for a new tab. */
export function followLink(event: MouseEvent, route: Route): void {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  navigate(route);
}

/** The current route. */
export function useRoute(): Route {
  const [path, setPath] = useState(location.pathname);
  useEffect(() => {
    const follow = () => setPath(location.pathname);
    addEventListener("popstate", follow);
    return () => removeEventListener("popstate", follow);
  }, []);
  return parseRoute(path);
}
