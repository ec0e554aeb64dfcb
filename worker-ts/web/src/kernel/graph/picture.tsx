// What is in the picture, back to front: the promises' place, boxes, lines, dots, the message that is looked at, messages in flight.
// Drawn anew when something in it changes, not when it is pulled or zoomed.
import { useMemo } from "preact/hooks";
import type { Layout } from "../model/layout";
import type { Way } from "../model/trace";
import type { Seen } from "../rpc/watch";
import { Flights } from "./flights";
import { Lines, Ways } from "./lines";
import { BoxNode, type Node, ObjectNode, PromiseNode } from "./nodes";

/** Lines and nodes that stand out. */
export interface Lit {
  readonly lines: ReadonlySet<string>;
  readonly nodes: ReadonlySet<string>;
}

/** What is lit while something is selected: the lines of it, and what stands at their ends. */
export function litBy(seen: Seen, selected: string | undefined): Lit | undefined {
  if (selected === undefined) return undefined;
  const box = seen.scene.boxes.find(({ id }) => id === selected);
  if (box === undefined && !seen.layout.dots.has(selected)) return undefined;
  const own = new Set([selected, ...(box?.members ?? [])]);
  const lines = seen.scene.lines.filter(({ from, to }) => own.has(from) || own.has(to));
  const home = seen.scene.boxes.filter(({ members }) => members.includes(selected)).map(({ id }) => id);
  const nodes = new Set([...own, ...home, ...lines.flatMap(({ from, to }) => [from, to])]);
  return { lines: new Set(lines.map(({ id }) => id)), nodes };
}

function Lane({ layout: { lane } }: { readonly layout: Layout }) {
  if (lane === null) return null;
  return (
    <g class="lane">
      <rect {...lane} rx={12} />
      <text x={lane.x + 14} y={lane.y - 8}>
        Promises
      </text>
    </g>
  );
}

/** The picture as it is; the same one as long as none of its parts is another. */
export function usePicture(props: {
  readonly seen: Seen;
  readonly selected: string | undefined;
  readonly lit: Lit | undefined;
  /** The node that Tab reaches. */
  readonly stop: string | undefined;
  readonly flights: readonly Way[];
  readonly ways: readonly Way[];
}) {
  const { seen, selected, lit, stop, flights, ways } = props;
  const { scene, layout, graph } = seen;
  return useMemo(() => {
    const objects = new Map(graph.objects.map((one) => [one.kref, one]));
    const promises = new Map(graph.promises.map((one) => [one.kref, one]));
    const hit = ways[0]?.to ?? flights.at(-1)?.to;
    const node = (id: string): Node => ({
      id,
      selected: id === selected,
      dim: lit !== undefined && !lit.nodes.has(id),
      hit: id === hit,
      stop: id === stop,
    });
    return (
      <>
        <Lane layout={layout} />
        {scene.boxes.map((box) => (
          <BoxNode key={box.id} node={node(box.id)} box={box} rect={layout.boxes.get(box.id)!} />
        ))}
        <Lines lines={scene.lines} layout={layout} lit={lit?.lines} />
        {scene.boxes.flatMap(({ members }) =>
          members.map((kref) => (
            <ObjectNode key={kref} node={node(kref)} object={objects.get(kref)!} at={layout.dots.get(kref)!} />
          )),
        )}
        {scene.promises.map((kref) => (
          <PromiseNode key={kref} node={node(kref)} promise={promises.get(kref)!} at={layout.dots.get(kref)!} />
        ))}
        <Ways ways={ways} layout={layout} />
        <Flights ways={flights} layout={layout} />
      </>
    );
  }, [graph, scene, layout, selected, lit, stop, flights, ways]);
}
