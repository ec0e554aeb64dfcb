// The last minute, a bar a second: what was acknowledged stands up, what was received hangs down, broken seconds are shaded.
import { type Second, STRIP_SECONDS } from "./seconds";

/** Messages of a second that fill a bar. */
const FULL = 12;
const HALF = 24;
const STEP = 10;

const height = (count: number) => Math.min(HALF - 2, count === 0 ? 0 : 3 + (count / FULL) * (HALF - 5));

export function Strip(props: { readonly seconds: readonly Second[] }) {
  return (
    <figure class="break-strip">
      <svg
        viewBox={`0 0 ${STRIP_SECONDS * STEP} ${2 * HALF}`}
        preserveAspectRatio="none"
        aria-hidden="true"
        focusable="false"
      >
        {props.seconds.map(({ acknowledged, received, broken }, at) => (
          <g key={`second ${at - STRIP_SECONDS}`}>
            {broken && <rect class="broken" x={at * STEP} y={0} width={STEP} height={2 * HALF} />}
            <rect
              class="up"
              x={at * STEP + 2}
              y={HALF - height(acknowledged)}
              width={STEP - 4}
              height={height(acknowledged)}
            />
            <rect class="down" x={at * STEP + 2} y={HALF} width={STEP - 4} height={height(received)} />
          </g>
        ))}
        <path class="axis" d={`M0 ${HALF}h${STRIP_SECONDS * STEP}`} />
      </svg>
      <figcaption>
        <span class="up">acknowledged</span> <span class="down">received</span> <span class="broken">broken</span>
        <span class="break-when">the last minute</span>
      </figcaption>
    </figure>
  );
}
