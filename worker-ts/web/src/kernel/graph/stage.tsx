// The picture: vats as boxes, objects in them, promises above, references as lines. Pulled and zoomed; its nodes are one stop for
// Tab, and the arrow keys walk among them. What a selection means is its owner's.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Point, Rect } from "../model/layout";
import type { Way } from "../model/trace";
import type { Seen } from "../rpc/watch";
import { type Direction, neighbour } from "./camera";
import { RADIUS } from "./geometry";
import { litBy, usePicture } from "./picture";
import { StageButtons } from "./stage-buttons";
import { useCamera } from "./use-camera";

const ARROWS: Readonly<Record<string, Direction>> = {
  ArrowUp: "up",
  ArrowDown: "down",
  ArrowLeft: "left",
  ArrowRight: "right",
};
const PULLS: Readonly<Record<Direction, Point>> = {
  up: { x: 0, y: 60 },
  down: { x: 0, y: -60 },
  left: { x: 60, y: 0 },
  right: { x: -60, y: 0 },
};
const NEARER = 1.25;
/** Where in a box the keys find it: at its title. */
const TITLE: Point = { x: 60, y: 20 };

const NAMED = {
  role: "group",
  "aria-label": "Graph of vats, objects and references. Arrow keys go from one to the next, Enter selects.",
} as const;

/** Where the keys find each node. */
function pointsOf({ layout }: Seen): ReadonlyMap<string, Point> {
  const boxes = [...layout.boxes].map(([id, { x, y }]) => [id, { x: x + TITLE.x, y: y + TITLE.y }] as const);
  return new Map([...boxes, ...layout.dots]);
}

const around = ({ x, y }: Point): Rect => ({
  x: x - 2 * RADIUS,
  y: y - 2 * RADIUS,
  width: 4 * RADIUS,
  height: 4 * RADIUS,
});

export function Stage(props: {
  readonly seen: Seen;
  readonly selected: string | undefined;
  readonly onSelect: (id: string | undefined) => void;
  /** Messages that fly now. */
  readonly flights: readonly Way[];
  /** Messages of the crank that is looked at. */
  readonly ways: readonly Way[];
}) {
  const { seen, selected, onSelect } = props;
  const { scene, layout } = seen;
  const svg = useRef<SVGSVGElement>(null);
  const man = useCamera(svg, layout.bounds);
  const [focus, setFocus] = useState<string>();
  // what was selected elsewhere is where the keys go on
  useEffect(() => {
    if (selected !== undefined) setFocus(selected);
  }, [selected]);
  const points = useMemo(() => pointsOf(seen), [layout]);
  // a message that is looked at is not to fade behind a selection
  const quiet = props.ways.length > 0;
  const lit = useMemo(() => (quiet ? undefined : litBy(seen, selected)), [scene, selected, quiet]);
  const first = scene.boxes.find(({ kind }) => kind === "vat") ?? scene.boxes[0];
  const stop = [focus, selected, first?.id].find((id) => id !== undefined && points.has(id));
  const picture = usePicture({ ...props, lit, stop });

  const go = (direction: Direction) => {
    const next = stop === undefined ? undefined : neighbour(points, stop, direction);
    if (next === undefined) return;
    man.reveal(around(points.get(next)!));
    svg.current?.querySelector<SVGElement>(`[data-id="${CSS.escape(next)}"]`)?.focus({ preventScroll: true });
  };
  const press = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const direction = ARROWS[event.key];
    if (direction !== undefined) event.shiftKey ? man.pan(PULLS[direction]) : go(direction);
    else if (event.key === "Enter" || event.key === " ") onSelect(stop);
    else if (event.key === "Escape") onSelect(undefined);
    else if (event.key === "+" || event.key === "=") man.zoom(NEARER);
    else if (event.key === "-") man.zoom(1 / NEARER);
    else if (event.key === "0") man.fit();
    else return;
    event.preventDefault();
  };
  const idAt = (target: EventTarget | null) =>
    target instanceof Element ? target.closest<SVGElement>("[data-id]")?.dataset["id"] : undefined;
  const { at, scale } = man.camera;

  return (
    <div
      class="stage"
      role="none"
      // not at the picture: one that hears of focus would be a stop itself
      onFocusCapture={(event) => {
        const id = idAt(event.target);
        if (id === undefined) return;
        setFocus(id);
        if ((event.target as Element).matches(":focus-visible")) man.reveal(around(points.get(id)!));
      }}
    >
      {/* The keys and presses are heard here for all the nodes, each of them a button. */}
      <svg
        ref={svg}
        class="graph"
        {...NAMED}
        onKeyDown={press}
        onClick={(event) => man.pulled() || onSelect(idAt(event.target))}
      >
        <title>Graph</title>
        <g transform={`scale(${scale}) translate(${-at.x} ${-at.y})`}>{picture}</g>
      </svg>
      <StageButtons onZoom={(way) => man.zoom(way === 1 ? NEARER : 1 / NEARER)} onFit={man.fit} />
    </div>
  );
}
