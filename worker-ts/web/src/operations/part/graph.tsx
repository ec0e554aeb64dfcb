// A small graph over time: bars for what came in between two looks, or for how something stood. Its words say what it shows.
import { barsOf } from "../model/samples";

const WIDTH = 180;
const HEIGHT = 36;

export function Graph(props: { readonly numbers: readonly number[]; readonly label: string }) {
  return (
    <svg
      class="graph"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={props.label}
      preserveAspectRatio="none"
    >
      <path class="graph-ground" d={`M0 ${HEIGHT - 0.5}H${WIDTH}`} />
      {barsOf(props.numbers, WIDTH, HEIGHT - 1).map(({ x, y, width, height }) => (
        <rect key={x} x={x} y={y} width={width} height={height} />
      ))}
    </svg>
  );
}
