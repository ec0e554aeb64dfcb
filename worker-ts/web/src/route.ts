// Which address shows what, both ways, and the hook that follows the address bar. Nothing here knows what a screen looks like.
import { useEffect, useState } from "preact/hooks";

/** `home`: the way in; `rooms`: the list alone (on a narrow screen); `room`: one room. */
export type Route = { readonly at: "home" } | { readonly at: "rooms" } | { readonly at: "room"; readonly room: string };

const ROOM = /^\/rooms\/([a-z0-9-]{3,48})\/?$/u;

/** Reads a path; whatever is not ours is the way in. */
export function parseRoute(path: string): Route {
  const room = ROOM.exec(path)?.[1];
  if (room !== undefined) return { at: "room", room };
  return /^\/rooms\/?$/u.test(path) ? { at: "rooms" } : { at: "home" };
}

/** The path of a route. */
export function pathOf(route: Route): string {
  if (route.at === "home") return "/";
  return route.at === "rooms" ? "/rooms" : `/rooms/${route.room}`;
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
