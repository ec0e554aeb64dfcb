// References as lines under the dots, and the message that is looked at as a line over them.
import type { Layout } from "../model/layout";
import type { Line } from "../model/scene";
import type { Way } from "../model/trace";
import { arrow, leaves, middle } from "./geometry";

/** All references. What has to do with `selected` stands out; the rest fades. */
export function Lines(props: {
  readonly lines: readonly Line[];
  readonly layout: Layout;
  readonly lit: ReadonlySet<string> | undefined;
}) {
  const { layout, lit } = props;
  return (
    <g class="lines">
      {props.lines.map(({ id, from, to, kind }) => {
        const [box, dot] = [layout.boxes.get(from), layout.dots.get(to)];
        if (box === undefined || dot === undefined) return null;
        const light = lit === undefined ? "" : lit.has(id) ? "lit" : "dim";
        return <path key={id} class={`line ${kind} ${light}`} d={arrow(leaves(box, dot), dot)} />;
      })}
    </g>
  );
}

/** Ways of the messages of one crank. */
export function Ways(props: { readonly ways: readonly Way[]; readonly layout: Layout }) {
  const { boxes, dots } = props.layout;
  return (
    <g class="ways">
      {props.ways.map(({ from, to, vat, sent }) => {
        const box = boxes.get(from);
        const home = vat === null ? undefined : boxes.get(vat);
        const end = dots.get(to) ?? (home && middle(home));
        if (box === undefined || end === undefined) return null;
        const path = arrow(leaves(box, end), end);
        return <path key={`${from} ${to} ${path}`} class={sent ? "way sent" : "way"} d={path} />;
      })}
    </g>
  );
}
