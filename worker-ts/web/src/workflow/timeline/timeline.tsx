// The run as one picture: a lane for the run and for each step, sleep and hook, time to the right. It grows with the log and follows its
// end, can be drawn out to the right, and is walked through by the arrow keys.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { every, now } from "../../platform";
import type { LogEvent } from "../api";
import { sayLeft, shownOf, stopOf, tickOf } from "../model/drawn";
import type { Lane } from "../model/lanes";
import { marksOf, place, roomy, scaleOf } from "../model/scale";
import { walk } from "../model/walk";
import { group } from "../run/roles";
import { AXIS_PX, AxisLabels, AxisLines, Hatch } from "./axis";
import { EventDetails } from "./event-details";
import { Legend } from "./legend";
import { type Drawn, ROW_PX, Row } from "./row";
import { Zoom, type ZoomStep } from "./zoom";

const SIDE_PX = 14;
/** The axis and the lane of the run stay in sight. */
const TOP_PX = AXIS_PX + ROW_PX;
/** So near (px) its end the picture follows what comes. */
const NEAR_PX = 24;
/** A letter of a title is about so wide. */
const LETTER_PX = 7;
const KEYS: ReadonlySet<string> = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"]);

/** The width of an element as it changes. */
function useWidth() {
  const element = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const watched = element.current!;
    setWidth(watched.clientWidth);
    const observer = new ResizeObserver(() => setWidth(watched.clientWidth));
    observer.observe(watched);
    return () => observer.disconnect();
  }, []);
  return [element, width] as const;
}

/** The time, every so many ms as long as it goes on. */
function useNow(goes: boolean, tickMs: number): number {
  const [time, setTime] = useState(now);
  useEffect(() => (goes ? every(tickMs, () => setTime(now())) : undefined), [goes, tickMs]);
  return time;
}

export function Timeline(props: {
  readonly events: readonly LogEvent[];
  readonly lanes: readonly Lane[];
  readonly name: string;
  readonly over: boolean;
}) {
  const { events, lanes, name, over } = props;
  const [box, width] = useWidth();
  const [zoom, setZoom] = useState<ZoomStep>(1);
  const [left, setLeft] = useState(0);
  const [chosen, setChosen] = useState<number>();
  const follows = useRef(!over);
  const shown = useMemo(() => shownOf(lanes), [lanes]);
  const time = useNow(!over, tickOf(shown));
  const [begin, last] = [events[0]?.at ?? time, events.at(-1)?.at ?? time];
  const end = over ? last : Math.max(time, last);
  const whole = Math.max(width * zoom, 1);
  // while it goes on there is room to the right: a picture that shrank all the time could not be pressed
  const to = over ? end : begin + roomy(end - begin);
  const scale = scaleOf(begin, to, Math.max(whole - 2 * SIDE_PX, 1));
  const marks = marksOf(scale);
  const [first, ...others] = shown.lanes;
  const height = others.length * ROW_PX;
  const lane = useMemo(() => lanes.find((one) => one.events.some(({ slot }) => slot === chosen)), [lanes, chosen]);
  const stop = useMemo(() => stopOf(shown, chosen), [shown, chosen]);
  const undrawn = sayLeft(shown);

  useLayoutEffect(() => {
    if (follows.current && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [lanes.length]);

  const mark = (slot: number) => box.current?.querySelector<SVGElement>(`[data-slot="${slot}"]`);
  const choose = (slot: number) => {
    follows.current = false;
    setChosen(slot);
  };
  const press = (event: KeyboardEvent) => {
    if (!KEYS.has(event.key) || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    mark(walk(shown.lanes, stop, event.key))?.focus();
  };
  const step = (slot: number) => {
    choose(slot);
    mark(slot)?.scrollIntoView({ block: "nearest", inline: "nearest" });
  };
  const draw = (next: ZoomStep) => {
    const { current } = box;
    setZoom(next);
    // what is in the middle stays there
    const middle = current === null ? 0 : ((current.scrollLeft + width / 2) / whole) * width * next - width / 2;
    requestAnimationFrame(() => current?.scrollTo({ left: middle }));
  };
  const scrolled = ({ currentTarget }: { readonly currentTarget: HTMLDivElement }) => {
    const { scrollLeft, scrollTop, scrollHeight, clientHeight } = currentTarget;
    follows.current = scrollHeight - scrollTop - clientHeight < NEAR_PX;
    setLeft(scrollLeft);
  };
  const letters = Math.floor((width - 2 * SIDE_PX) / LETTER_PX);
  const drawn: Drawn = { scale, now: end, begin, left, letters, stop, chosen, onChoose: choose, onKey: press };
  const line = (from: number, till: number) =>
    !over && <line class="now" x1={place(scale, end)} x2={place(scale, end)} y1={from} y2={till} />;
  return (
    <section class="card timeline-card" aria-labelledby="timeline-title">
      <div class="runs-head">
        <h2 id="timeline-title">Timeline</h2>
        <Zoom zoom={zoom} onChange={draw} />
      </div>
      <div
        ref={box}
        class="timeline"
        style={{ "--top": `${TOP_PX}px` }}
        {...group(`Timeline of ${name}: ${lanes.length} lanes, ${events.length} events`)}
        onScroll={scrolled}
      >
        <svg class="timeline-top" width={whole} height={TOP_PX} role="presentation">
          <Hatch />
          <g transform={`translate(${SIDE_PX} 0)`}>
            <AxisLines marks={marks} from={AXIS_PX - 6} to={TOP_PX} />
            <AxisLabels marks={marks} end={scale.width + SIDE_PX} />
            {line(AXIS_PX, TOP_PX)}
            {first !== undefined && <Row lane={first} top={AXIS_PX} drawn={drawn} />}
          </g>
        </svg>
        <svg width={whole} height={height} role="presentation">
          <g transform={`translate(${SIDE_PX} 0)`}>
            <AxisLines marks={marks} from={0} to={height} />
            {line(0, height)}
            {others.map((one, row) => (
              <Row key={one.id} lane={one} top={row * ROW_PX} drawn={drawn} />
            ))}
          </g>
        </svg>
      </div>
      {undrawn !== undefined && <p class="hint">{undrawn}</p>}
      <Legend />
      <EventDetails
        event={lane?.events.find(({ slot }) => slot === chosen)}
        title={lane?.title ?? ""}
        begin={begin}
        last={events.length}
        onStep={step}
      />
    </section>
  );
}
