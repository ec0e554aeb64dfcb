// What is drawn of lanes: the run's and the newest others, and of them the newest events, for a picture of everything would stand still.
// Pure; the log has the rest.
import { plural } from "../../text/format";
import type { Lane } from "./lanes";

/** So many lanes are drawn. */
export const LANES_MAX = 500;
/** So many events are drawn, and so many stretches of time. */
export const EVENTS_MAX = 2_000;

/** What is drawn, and how much is not. */
export interface Shown {
  /** The run's lane stands first. */
  readonly lanes: readonly Lane[];
  readonly lanesLeft: number;
  readonly eventsLeft: number;
}

const count = (lanes: readonly Lane[]): number => lanes.reduce((sum, { events }) => sum + events.length, 0);

/** The smallest of the newest so many. */
function threshold(numbers: readonly number[]): number {
  if (numbers.length <= EVENTS_MAX) return Number.NEGATIVE_INFINITY;
  return Float64Array.from(numbers).sort()[numbers.length - EVENTS_MAX]!;
}

/** Of these lanes what is drawn; of few all. */
export function shownOf(lanes: readonly Lane[]): Shown {
  const newest = lanes.length <= LANES_MAX ? lanes : [lanes[0]!, ...lanes.slice(1 - LANES_MAX)];
  const slot = threshold(newest.flatMap(({ events }) => events.map((event) => event.slot)));
  const from = threshold(newest.flatMap(({ spans }) => spans.map((span) => span.from)));
  const shown = newest.map((lane) => ({
    ...lane,
    events: lane.events.filter((event) => event.slot >= slot),
    // each lane says at least how it stands now
    spans: lane.spans.filter((span, index) => span.from >= from || index === lane.spans.length - 1),
  }));
  return { lanes: shown, lanesLeft: lanes.length - shown.length, eventsLeft: count(lanes) - count(shown) };
}

/** The slot of the event that is the stop of the Tab key: the one that was chosen, if it is drawn. */
export function stopOf({ lanes }: Shown, chosen: number | undefined): number {
  const drawn = lanes.flatMap(({ events }) => events);
  return (drawn.find(({ slot }) => slot === chosen) ?? drawn[0])?.slot ?? 0;
}

/** More than so many lanes or events take a while to draw. */
const MANY = 300;

/** How often (ms) a picture is drawn while its run goes on. */
export const tickOf = ({ lanes }: Shown): number => (lanes.length + count(lanes) > MANY ? 2_000 : 250);

/** What is not drawn, in a sentence; nothing where everything is. */
export function sayLeft({ lanesLeft, eventsLeft }: Shown): string | undefined {
  if (eventsLeft === 0) return undefined;
  const lanes = lanesLeft === 0 ? "" : `${plural(lanesLeft, "earlier lane")} and `;
  const are = lanesLeft + eventsLeft === 1 ? "is" : "are";
  return `${lanes}${plural(eventsLeft, "earlier event")} ${are} not drawn.`;
}
