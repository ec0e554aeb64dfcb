// What there is to draw, out of a graph: boxes, dots in them, lines between. No places, no screen.
import type { Graph, GraphObject, GraphPromise } from "../rpc/shapes";

/** `outside`: whoever called from outside; `nobody`: objects whose vat is gone. */
export interface Box {
  readonly id: string;
  readonly kind: "vat" | "service" | "outside" | "nobody";
  readonly title: string;
  readonly note: string;
  /** Dots in it, in the order in which they take places. */
  readonly members: readonly string[];
}

/** `holds`: reaches it; `recognises`: knows it when it sees it; `decides`: resolves it; `awaits`: is told what becomes of it. */
export interface Line {
  readonly id: string;
  /** A box. */
  readonly from: string;
  /** A dot. */
  readonly to: string;
  readonly kind: "holds" | "recognises" | "decides" | "awaits";
}

export interface Scene {
  readonly boxes: readonly Box[];
  readonly promises: readonly string[];
  readonly lines: readonly Line[];
}

export const OUTSIDE = "outside";
export const NOBODY = "nobody";

/** `ko12` → 12; what is no name of the kernel's comes last. */
export const numberOf = (id: string): number => Number(/\d+$/u.exec(id)?.[0] ?? Number.MAX_SAFE_INTEGER);

/** Roots first, then by number. */
const order = (a: GraphObject, b: GraphObject) =>
  Number(b.root) - Number(a.root) || numberOf(a.kref) - numberOf(b.kref);

const line = (from: string, to: string, kind: Line["kind"]): Line => ({ id: `${from}>${to}`, from, to, kind });

function linesOfObject(object: GraphObject, known: ReadonlySet<string>): Line[] {
  const lines = object.holders
    .filter(({ vat }) => vat !== object.owner && known.has(vat))
    .map(({ vat, reachable }) => line(vat, object.kref, reachable ? "holds" : "recognises"));
  if (object.external || object.held.urls > 0) lines.push(line(OUTSIDE, object.kref, "holds"));
  return lines;
}

function linesOfPromise(promise: GraphPromise, known: ReadonlySet<string>): Line[] {
  const { kref, decider } = promise;
  const waiting = new Set([...promise.subscribers, ...promise.holders.map(({ vat }) => vat)]);
  if (decider !== null) waiting.delete(decider);
  const lines = [...waiting].filter((vat) => known.has(vat)).map((vat) => line(vat, kref, "awaits"));
  if (decider !== null && known.has(decider)) lines.push(line(decider, kref, "decides"));
  return lines;
}

/** One line about a vat's state; nothing about what is as it should be. */
function noteOf(state: string, incarnation: number): string {
  const said = { starting: "starting", running: "", due: "to be restarted", dying: "ending" }[state] ?? state;
  return [said, incarnation > 1 ? `incarnation ${incarnation}` : ""].filter((part) => part !== "").join(", ");
}

/** What a graph shows. The same graph gives the same scene, in the same order. */
export function sceneOf(graph: Graph): Scene {
  const vats = [...graph.vats].sort((a, b) => numberOf(a.id) - numberOf(b.id));
  const known = new Set(vats.map(({ id }) => id));
  const homes = new Map<string, GraphObject[]>();
  for (const object of graph.objects) {
    const { owner } = object;
    const home = owner !== null && (known.has(owner) || owner.startsWith("service:")) ? owner : NOBODY;
    homes.set(home, [...(homes.get(home) ?? []), object]);
  }
  const members = (id: string) => [...(homes.get(id) ?? [])].sort(order).map(({ kref }) => kref);
  const services = [...homes.keys()].filter((id) => id.startsWith("service:")).sort();
  const promises = [...graph.promises].sort((a, b) => numberOf(a.kref) - numberOf(b.kref));
  return {
    boxes: [
      { id: OUTSIDE, kind: "outside", title: "Outside", note: "callers", members: [] },
      ...services.map(
        (id): Box => ({
          id,
          kind: "service",
          title: id.slice("service:".length),
          note: "service",
          members: members(id),
        }),
      ),
      ...(homes.has(NOBODY)
        ? [
            {
              id: NOBODY,
              kind: "nobody",
              title: "Nobody",
              note: "their vat is gone",
              members: members(NOBODY),
            } as const,
          ]
        : []),
      ...vats.map(
        ({ id, name, state, incarnation }): Box => ({
          id,
          kind: "vat",
          title: name,
          note: noteOf(state, incarnation),
          members: members(id),
        }),
      ),
    ],
    promises: promises.map(({ kref }) => kref),
    lines: [
      ...graph.objects.flatMap((object) => linesOfObject(object, known)),
      ...promises.flatMap((promise) => linesOfPromise(promise, known)),
    ],
  };
}
