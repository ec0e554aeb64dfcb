// The figures at the top: each leads to what is behind it, and one that needs a look says so in a word, not by colour alone.
import { useFigures } from "../live/desk";
import type { Place } from "../model/place";
import type { Sums } from "../model/rooms";
import { growth, total } from "../model/samples";
import { lateQueues, sayNumber, waitingLetters } from "../model/words";
import { Go } from "./go";

interface Tile {
  readonly name: string;
  readonly number: number | undefined;
  readonly to: Place;
  /** Whether more than nothing is trouble. */
  readonly bad?: boolean;
  readonly note?: string;
  /** It is a number of which there is at least so much. */
  readonly least?: boolean;
}

function One(props: { readonly tile: Tile }) {
  const { name, number, to, bad = false, note, least = false } = props.tile;
  const trouble = bad && (number ?? 0) > 0;
  return (
    <li>
      <Go to={to} class={trouble ? "ops-tile bad" : "ops-tile"}>
        <span class="ops-tile-name">{name}</span>
        <b class="ops-tile-number">{number === undefined ? "…" : `${sayNumber(number)}${least ? "+" : ""}`}</b>
        <span class="ops-tile-note">{trouble ? "needs a look" : (note ?? "")}</span>
      </Go>
    </li>
  );
}

export function Tiles(props: { readonly sums: Sums }) {
  const { now, rooms, more, samples, stuck } = useFigures();
  const { sums } = props;
  const known = rooms === undefined ? undefined : sums;
  const queued = now?.queues.reduce((sum, { messages }) => sum + (messages ?? 0), 0);
  const codes = Object.keys(now?.refused ?? {});
  const refused = now && codes.reduce((sum, code) => sum + total(growth(samples, `refused ${code}`)), 0);
  const asked = rooms === undefined ? "" : `in ${rooms.length}${more ? " of more" : ""} active rooms`;
  const tiles: readonly Tile[] = [
    { name: "Sockets", number: known?.sockets, to: { at: "rooms" }, note: asked },
    { name: "Slow consumers", number: known?.behind, to: { at: "slow" }, bad: true },
    {
      name: "Not archived",
      number: known?.unarchived,
      to: { at: "rooms", only: "lag" },
      bad: sums.late > 0,
      note: "entries, by the rooms",
    },
    {
      name: "In queues",
      number: queued,
      to: { at: "now" },
      bad: now !== undefined && lateQueues(now) > 0,
      note: "messages",
    },
    { name: "Dead letters", number: now && waitingLetters(now), to: { at: "letters" }, bad: true },
    { name: "Refused", number: refused, to: { at: "now" }, note: "since the page is open" },
    { name: "Silent rooms", number: known?.silent, to: { at: "rooms", only: "silent" }, bad: true },
    { name: "Stuck runs", number: stuck?.runs.length, to: { at: "runs" }, bad: true, least: stuck?.more === true },
    { name: "Chores", number: now?.chores.count, to: { at: "chores" }, note: "unfinished" },
  ];
  return (
    <ul class="ops-tiles" aria-label="Figures">
      {tiles.map((tile) => (
        <One key={tile.name} tile={tile} />
      ))}
    </ul>
  );
}
