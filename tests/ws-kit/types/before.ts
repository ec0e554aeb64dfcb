// A49: types of ws-kit and ours, for tsc to compare before, or after, it comes to the room of worker.ts. Never run.
import type { HandlerOptions, RouterFactory, RouterLike } from "@ferrule/worker/ws-kit";
import type { ConnectionData, Plugin, Router } from "@ws-kit/core";

type Admin = { level: number };

/** Forms of ours for other data. */
export type Ours = [HandlerOptions<Admin, unknown>, RouterFactory<Admin, unknown>, RouterLike<Admin>];

/** Comparisons whose answers tsc remembers. */
export type Compared = [
  Router<Admin> extends Router ? true : false,
  Plugin<ConnectionData> extends Plugin<Admin> ? true : false,
];
export const compared = (either: Compared): boolean => either[0] || either[1];
