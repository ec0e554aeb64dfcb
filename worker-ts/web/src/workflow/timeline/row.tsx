// One lane: its title, its stretches of time, its events.
import type { Lane } from "../model/lanes";
import { type Scale, sayLength } from "../model/scale";
import { sayEvent } from "../model/words";
import { group, SILENT } from "../run/roles";
import { EventMark, SpanBar, sayLane } from "./marks";

/** Height of a lane (px). */
export const ROW_PX = 44;

/** What all lanes are drawn by. */
export interface Drawn {
  readonly scale: Scale;
  readonly now: number;
  readonly begin: number;
  /** How far the picture is scrolled (px): titles stay in sight. */
  readonly left: number;
  /** How many letters of a title are seen. */
  readonly letters: number;
  /** Slot of the event that is the stop of the Tab key. */
  readonly stop: number;
  readonly chosen: number | undefined;
  readonly onChoose: (slot: number) => void;
  readonly onKey: (event: KeyboardEvent) => void;
}

/** The title with what only drawing knows: how often it was tried, how long it still sleeps. */
function titleOf({ title, attempts, state, until }: Lane, now: number): string {
  if (attempts > 1) return `${title} ×${attempts}`;
  if (state !== "waiting" || until === undefined) return title;
  const left = Math.ceil((until - now) / 1000) * 1000;
  return left > 0 ? `${title}, ${sayLength(left)} left` : `${title}, about to wake`;
}

const short = (text: string, letters: number): string =>
  text.length > letters ? `${text.slice(0, Math.max(letters - 1, 1))}…` : text;

export function Row(props: { readonly lane: Lane; readonly top: number; readonly drawn: Drawn }) {
  const { lane, top, drawn } = props;
  const { scale, now, begin, left, stop, chosen, onChoose, onKey } = drawn;
  return (
    <g class={`row ${lane.kind} ${lane.state}`} {...group(sayLane(lane))} transform={`translate(0 ${top})`}>
      <text class="title" x={left} y={13} {...SILENT}>
        {short(titleOf(lane, now), drawn.letters)}
      </text>
      {lane.spans.map((span) => (
        <SpanBar key={`${span.from} ${span.phase}`} span={span} scale={scale} now={now} />
      ))}
      {lane.events.map((event) => (
        <EventMark
          key={event.slot}
          event={event}
          scale={scale}
          label={sayEvent(event, lane.title, begin)}
          stop={event.slot === stop}
          chosen={event.slot === chosen}
          onChoose={onChoose}
          onKey={onKey}
        />
      ))}
    </g>
  );
}
