// What lies under and over the lanes: marks of time, the line of now, the pattern of sleeps.
import type { Mark } from "../model/scale";
import { SILENT } from "../run/roles";

/** Height of the labels (px). */
export const AXIS_PX = 24;

/** A label stands beside its line, and a letter is about so wide (px). */
const [BESIDE_PX, LETTER_PX] = [3, 6.5];

/** The labels that fit, at the top: they stay there while lanes scroll. */
export function AxisLabels(props: { readonly marks: readonly Mark[]; readonly end: number }) {
  const whole = ({ x, label }: Mark) => x + BESIDE_PX + label.length * LETTER_PX <= props.end;
  return (
    <g class="axis" {...SILENT}>
      {props.marks.filter(whole).map(({ x, label }) => (
        <text key={label} x={x + BESIDE_PX} y={12}>
          {label}
        </text>
      ))}
    </g>
  );
}

/** The lines of the marks, from one height to another. */
export function AxisLines(props: { readonly marks: readonly Mark[]; readonly from: number; readonly to: number }) {
  return (
    <g class="axis" {...SILENT}>
      {props.marks.map(({ x, label }) => (
        <line key={label} x1={x} x2={x} y1={props.from} y2={props.to} />
      ))}
    </g>
  );
}

export function Hatch() {
  return (
    <defs>
      <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect class="hatch-ground" width="6" height="6" />
        <line class="hatch-line" x1="0" x2="0" y1="0" y2="6" />
      </pattern>
    </defs>
  );
}
