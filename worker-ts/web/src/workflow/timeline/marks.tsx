// What stands in a lane: its stretches of time, and a sign for each event. Shape says what it is; colour says it once more.
import type { LogEvent } from "../api";
import type { Lane, Span } from "../model/lanes";
import { place, type Scale } from "../model/scale";
import { button } from "../run/roles";

/** The bar of a lane, from its row's top (px). */
export const BAR = { top: 20, height: 14 } as const;
const MIDDLE = BAR.top + BAR.height / 2;
/** A stretch is at least so wide (px): what is over at once is seen too. */
const WIDTH_MIN = 2;

export function SpanBar(props: { readonly span: Span; readonly scale: Scale; readonly now: number }) {
  const { span, scale, now } = props;
  const x = place(scale, span.from);
  const width = Math.max(place(scale, span.to ?? now) - x, WIDTH_MIN);
  if (span.phase === "open") return <line class="span open" x1={x} x2={x + width} y1={MIDDLE} y2={MIDDLE} />;
  const box = { x, width, y: BAR.top, height: BAR.height, rx: 3 };
  return span.phase === "waiting" ? (
    <rect class="span waiting" {...box} fill="url(#hatch)" />
  ) : (
    <rect class={`span ${span.phase}`} {...box} />
  );
}

function diamond(x: number, size: number): string {
  return `M${x} ${MIDDLE - size}L${x + size} ${MIDDLE}L${x} ${MIDDLE + size}L${x - size} ${MIDDLE}Z`;
}

/** The sign of an event. */
function Sign(props: { readonly type: string; readonly x: number }) {
  const { type, x } = props;
  if (type.startsWith("hook_")) {
    const size = type === "hook_disposed" ? 4 : 8;
    return <path class={`sign hook ${type === "hook_created" ? "hollow" : ""}`} d={diamond(x, size)} />;
  }
  if (type.endsWith("_retrying"))
    return <line class="sign retry" x1={x} x2={x} y1={BAR.top - 5} y2={BAR.top + BAR.height + 5} />;
  if (type.endsWith("_failed")) return <path class="sign failed" d={`M${x - 5} ${MIDDLE - 5}l10 10m0 -10l-10 10`} />;
  if (type.endsWith("_cancelled"))
    return <rect class="sign cancelled" x={x - 5} y={MIDDLE - 5} width={10} height={10} />;
  if (type === "step_completed" || type === "run_completed" || type === "wait_completed")
    return <circle class="sign completed" cx={x} cy={MIDDLE} r={5} />;
  if (type === "attr_set") return <rect class="sign attribute" x={x - 4} y={MIDDLE - 4} width={8} height={8} />;
  return <circle class="sign small" cx={x} cy={MIDDLE} r={3} />;
}

/** An event in its lane. It can be focused; only one of all is a stop of the Tab key. */
export function EventMark(props: {
  readonly event: LogEvent;
  readonly scale: Scale;
  readonly label: string;
  readonly stop: boolean;
  readonly chosen: boolean;
  readonly onChoose: (slot: number) => void;
  readonly onKey: (event: KeyboardEvent) => void;
}) {
  const { event, scale, label, stop, chosen, onChoose, onKey } = props;
  const x = place(scale, event.at);
  const choose = () => onChoose(event.slot);
  return (
    <g
      class={chosen ? "event chosen" : "event"}
      data-slot={event.slot}
      {...button(label, chosen, stop)}
      {...{ onFocus: choose, onClick: choose, onKeyDown: onKey }}
    >
      <title>{label}</title>
      <rect class="reach" x={x - 8} y={BAR.top - 6} width={16} height={BAR.height + 12} />
      <Sign type={event.type} x={x} />
    </g>
  );
}

/** How a lane stands, for whoever listens. */
export function sayLane({ kind, title, state, attempts }: Lane): string {
  const tried = attempts > 1 ? `, ${attempts} attempts` : "";
  return kind === "run" ? `Run ${title}, ${state}` : `${kind} ${title}, ${state}${tried}`;
}
