// How a socket finds its place: the room serves it or says which relay does. The Worker asks, so that no object stands between the
// client and the one that serves it.
import type { Place } from "./shapes";

/** The room's answer to an upgrade that a relay is to serve: 200, and a Place as JSON. */
const PLACED = 200;

/** The header by which the Worker hands a relay the place that the room gave; in a second request to the room, the one that was full. */
export const PLACE_HEADER = "ferrule-place";

/** The code of a relay that has no room left. */
export const RELAY_FULL = "relay_full";

/** What can be asked for a socket. */
interface Door {
  fetch(request: Request): Promise<Response>;
}

/** The place in a request, or null. Only the Worker can have written it. */
export function placeIn(request: Request): Place | null {
  const header = request.headers.get(PLACE_HEADER);
  return header === null ? null : (JSON.parse(header) as Place);
}

/** Opens a socket at a room or at one of its relays: the answer of whoever serves it, or the room's refusal. */
export async function enter(
  room: Door,
  relayOf: (n: number) => Door,
  url: string,
  headers: Record<string, string>,
): Promise<Response> {
  let answer = await room.fetch(new Request(url, { headers }));
  while (answer.status === PLACED) {
    const place = { ...headers, [PLACE_HEADER]: JSON.stringify(await answer.json<Place>()) };
    const { n } = JSON.parse(place[PLACE_HEADER] ?? "") as Place;
    const opened = await relayOf(n).fetch(new Request(url, { headers: place }));
    if (!(await isFull(opened))) return opened;
    answer = await room.fetch(new Request(url, { headers: place }));
  }
  return answer;
}

async function isFull(answer: Response): Promise<boolean> {
  if (answer.status !== 503) return false;
  const { error } = await answer.clone().json<{ error?: { code?: string } }>();
  return error?.code === RELAY_FULL;
}
