// What stands over the picture: nearer, farther, all of it, and what its signs mean.
import { RADIUS as D } from "./geometry";

/** A sign and its meaning. */
const SIGNS = [
  ["object", <circle key="s" class="shape" r={D} />, "object"],
  [
    "object root",
    <>
      <circle class="shape" r={D} />
      <circle class="inner" r={D - 5} />
    </>,
    "root object of a vat",
  ],
  [
    "object revoked",
    <>
      <circle class="shape" r={D} />
      <path class="cross" d={`M${-D} ${-D}L${D} ${D}M${D} ${-D}L${-D} ${D}`} />
    </>,
    "revoked",
  ],
  ["object unreached", <circle key="s" class="shape" r={D} />, "recognised, but reached by nobody"],
  ["promise unresolved", <path key="s" class="shape" d={`M0 ${-D}L${D} 0L0 ${D}L${-D} 0z`} />, "promise, unresolved"],
  ["promise fulfilled", <path key="s" class="shape" d={`M0 ${-D}L${D} 0L0 ${D}L${-D} 0z`} />, "promise, fulfilled"],
  [
    "promise rejected",
    <>
      <path class="shape" d={`M0 ${-D}L${D} 0L0 ${D}L${-D} 0z`} />
      <path class="cross" d="M-5 -5L5 5M5 -5L-5 5" />
    </>,
    "promise, rejected",
  ],
] as const;

const STROKES = [
  ["holds", "holds the object"],
  ["recognises", "only recognises it"],
  ["decides", "decides the promise"],
  ["awaits", "awaits the promise"],
] as const;

export function StageButtons(props: { readonly onZoom: (way: 1 | -1) => void; readonly onFit: () => void }) {
  return (
    <div class="stage-buttons">
      <details class="legend">
        <summary>Signs</summary>
        <ul>
          {SIGNS.map(([kind, sign, means]) => (
            <li key={kind}>
              <svg class="graph" viewBox="-18 -18 36 36" aria-hidden="true" focusable="false">
                <g class={`node ${kind}`}>{sign}</g>
              </svg>
              {means}
            </li>
          ))}
          {STROKES.map(([kind, means]) => (
            <li key={kind}>
              <svg class="graph" viewBox="-18 -18 36 36" aria-hidden="true" focusable="false">
                <path class={`line ${kind}`} d="M-16 0H16" />
              </svg>
              {means}
            </li>
          ))}
        </ul>
      </details>
      <button
        type="button"
        class="icon-button"
        aria-label="Zoom out"
        title="Zoom out (−)"
        onClick={() => props.onZoom(-1)}
      >
        <span aria-hidden="true">−</span>
      </button>
      <button
        type="button"
        class="icon-button"
        aria-label="Zoom in"
        title="Zoom in (+)"
        onClick={() => props.onZoom(1)}
      >
        <span aria-hidden="true">+</span>
      </button>
      <button type="button" class="button small" title="Show all of it (0)" onClick={props.onFit}>
        Fit
      </button>
    </div>
  );
}
