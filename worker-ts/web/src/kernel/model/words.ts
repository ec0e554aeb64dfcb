// What things are called and what they are like, in words: for labels, lists and details alike. Pure.
import type { Graph, GraphObject, GraphPromise } from "../rpc/shapes";
import { NOBODY, OUTSIDE } from "./scene";

export const count = (many: number, one: string, more = `${one}s`): string => `${many} ${many === 1 ? one : more}`;

/** Whose it is: a vat by its name, a service, or nobody. */
export function sayOwner(owner: string | null, graph?: Graph): string {
  if (owner === null || owner === "") return "nobody";
  const vat = graph?.vats.find(({ id }) => id === owner);
  return vat === undefined ? owner : `${vat.name} (${owner})`;
}

/** What is not usual about an object. */
export function marksOf(object: GraphObject): readonly string[] {
  return [
    object.root ? "root" : "",
    object.revoked ? "revoked" : "",
    object.pins > 0 ? `pinned ${count(object.pins, "time")}` : "",
    object.external ? "held outside" : "",
    object.reachable === 0 ? "reached by nobody" : "",
  ].filter((mark) => mark !== "");
}

export function sayObject(object: GraphObject): string {
  const holders = object.holders.length === 0 ? [] : [`held by ${count(object.holders.length, "vat")}`];
  return [`${object.kref}, object of ${sayOwner(object.owner)}`, ...marksOf(object), ...holders].join(", ");
}

/** The number that waits stands first, as it does in the picture. */
export function sayPromise(promise: GraphPromise): string {
  const waiting = promise.waiting === 0 ? "" : ` ${count(promise.waiting, "message")} waiting`;
  const decided = promise.state === "unresolved" ? [`decided by ${sayOwner(promise.decider)}`] : [];
  return [`${promise.kref}${waiting}`, "promise", promise.state, ...decided].join(", ");
}

/** A place of the picture that is no vat. */
export function sayPlace(id: string): string | undefined {
  if (id === OUTSIDE) return "Outside";
  if (id === NOBODY) return "Nobody";
  return id.startsWith("service:") ? `Service ${id.slice("service:".length)}` : undefined;
}
