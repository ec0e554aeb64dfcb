// Boxes and dots of the picture. Each is a button; which one Tab reaches, and what a press does, is the stage's.
import type { Point, Rect } from "../model/layout";
import type { Box } from "../model/scene";
import { count, sayObject, sayPromise } from "../model/words";
import type { GraphObject, GraphPromise } from "../rpc/shapes";
import { RADIUS } from "./geometry";

/** What every node has. */
export interface Node {
  readonly id: string;
  readonly selected: boolean;
  /** Something else is selected and has nothing to do with it. */
  readonly dim: boolean;
  /** The last message went here. */
  readonly hit: boolean;
  readonly stop: boolean;
}

const classes = (...names: readonly (string | false)[]): string => names.filter((name) => name !== false).join(" ");

const button = (node: Node, label: string, kind: string) => ({
  class: classes("node", kind, node.selected && "selected", node.dim && "dim", node.hit && "hit"),
  role: "button" as const,
  // an attribute of SVG keeps its case
  tabindex: node.stop ? 0 : -1,
  "aria-label": label,
  "aria-pressed": node.selected,
  "data-id": node.id,
});

/** Characters of a title that fit; the whole of it stands in the label. */
const TITLE = { vat: 24, service: 14, outside: 14, nobody: 14 } as const;
const cut = (text: string, most: number) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

export function BoxNode(props: { readonly node: Node; readonly box: Box; readonly rect: Rect }) {
  const { box, rect } = props;
  const note = [box.kind === "vat" ? box.id : "", box.note].filter((one) => one !== "").join(" · ");
  const label = `${box.title} ${note}, ${count(box.members.length, "object")}`;
  return (
    <g {...button(props.node, label, `box ${box.kind}`)} transform={`translate(${rect.x} ${rect.y})`}>
      <rect class="shape" width={rect.width} height={rect.height} rx={12} />
      <text class="title" x={14} y={22}>
        {cut(box.title, TITLE[box.kind])}
      </text>{" "}
      <text class="note" x={14} y={37}>
        {note}
      </text>
    </g>
  );
}

const D = RADIUS;

export function ObjectNode(props: { readonly node: Node; readonly object: GraphObject; readonly at: Point }) {
  const { object, at } = props;
  const kind = classes(
    "object",
    object.root && "root",
    object.revoked && "revoked",
    object.reachable === 0 && "unreached",
  );
  return (
    <g {...button(props.node, sayObject(object), kind)} transform={`translate(${at.x} ${at.y})`}>
      <title>{sayObject(object)}</title>
      <circle class="halo" r={D + 6} />
      <circle class="shape" r={D} />
      {object.root && <circle class="inner" r={D - 5} />}
      {object.revoked && <path class="cross" d={`M${-D} ${-D}L${D} ${D}M${D} ${-D}L${-D} ${D}`} />}
      {object.pins > 0 && <path class="pin" d={`M${D - 3} ${-D - 1}h6v6h-6z`} />}
      <text class="name" y={D + 13}>
        {object.kref}
      </text>
    </g>
  );
}

export function PromiseNode(props: { readonly node: Node; readonly promise: GraphPromise; readonly at: Point }) {
  const { promise, at } = props;
  return (
    <g
      {...button(props.node, sayPromise(promise), `promise ${promise.state}`)}
      transform={`translate(${at.x} ${at.y})`}
    >
      <title>{sayPromise(promise)}</title>
      <circle class="halo" r={D + 6} />
      <path class="shape" d={`M0 ${-D}L${D} 0L0 ${D}L${-D} 0z`} />
      {promise.state === "rejected" && <path class="cross" d="M-5 -5L5 5M5 -5L-5 5" />}
      <text class="name" y={D + 13}>
        {promise.kref}
      </text>{" "}
      {promise.waiting > 0 && (
        <text class="waiting" y={4}>
          {promise.waiting}
        </text>
      )}
    </g>
  );
}
