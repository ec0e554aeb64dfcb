// Graphs and steps made up for the tests of this page. Nothing of the page itself.
import type { Graph, GraphObject, GraphPromise, GraphVat, Step } from "../rpc/shapes";

export const graphOf = (parts: Partial<Graph>): Graph => ({
  crank: 1,
  vats: [],
  objects: [],
  promises: [],
  queue: [],
  truncated: false,
  ...parts,
});

export const vat = (id: string, parts: Partial<GraphVat> = {}): GraphVat => ({
  id,
  name: `vat ${id}`,
  subcluster: "s1",
  state: "running",
  incarnation: 1,
  seq: 1,
  exports: 1,
  imports: 0,
  ...parts,
});

export const object = (kref: string, owner: string | null, parts: Partial<GraphObject> = {}): GraphObject => ({
  kref,
  owner,
  root: false,
  revoked: false,
  reachable: 1,
  recognizable: 1,
  pins: 0,
  external: false,
  holders: [],
  held: { messages: 0, promises: 0, urls: 0, calls: 0 },
  ...parts,
});

export const promise = (kref: string, parts: Partial<GraphPromise> = {}): GraphPromise => ({
  kref,
  state: "unresolved",
  decider: null,
  count: 1,
  subscribers: [],
  holders: [],
  waiting: 0,
  ...parts,
});

export const step = (crank: number, parts: Partial<Step> = {}): Step => ({
  crank,
  kind: "message",
  message: null,
  vat: null,
  target: "ko1",
  method: null,
  body: null,
  slots: [],
  result: null,
  outcome: "done",
  why: null,
  sends: [],
  resolves: [],
  drops: [],
  ...parts,
});
