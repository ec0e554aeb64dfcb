// The event that has the focus: what happened, to which step, when, and what the log says of it.
import { fullLabel } from "../../text/format";
import type { LogEvent } from "../api";
import { sayLength } from "../model/scale";
import { factsOf, sayType } from "../model/words";

/** From event to event, for whoever has no arrow keys, and where signs lie upon each other. */
function Steps(props: { readonly slot: number; readonly last: number; readonly onStep: (slot: number) => void }) {
  const { slot, last, onStep } = props;
  const step = (by: number, label: string, sign: string) => (
    <button
      type="button"
      class="button small"
      aria-label={label}
      title={label}
      disabled={slot + by < 1 || slot + by > last}
      onClick={() => onStep(slot + by)}
    >
      {sign}
    </button>
  );
  return (
    <span class="event-steps">
      {step(-1, "Previous event", "‹")}
      {step(1, "Next event", "›")}
    </span>
  );
}

export function EventDetails(props: {
  readonly event: LogEvent | undefined;
  readonly title: string;
  readonly begin: number;
  /** Slot of the last one. */
  readonly last: number;
  readonly onStep: (slot: number) => void;
}) {
  const { event, title, begin, last, onStep } = props;
  if (event === undefined)
    return (
      <div class="event-details">
        <div class="event-head">
          <p class="hint">Press an event, or walk through them with the arrow keys, to see what the log says of it.</p>
          <Steps slot={0} last={last} onStep={onStep} />
        </div>
      </div>
    );
  return (
    <section class="event-details" aria-label="The event">
      <div class="event-head">
        <h3>
          {sayType(event.type)} <span class="hint">{title}</span>
        </h3>
        <Steps slot={event.slot} last={last} onStep={onStep} />
      </div>
      <dl class="facts">
        <div>
          <dt>Event</dt>
          <dd>
            {event.slot}, after {sayLength(Math.max(event.at - begin, 0))}
          </dd>
        </div>
        <div>
          <dt>When</dt>
          <dd>{fullLabel(event.at)}</dd>
        </div>
        {factsOf(event, fullLabel).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
