// The modules of the house proper, read, and where each of their imports leads: what the rules and the picture of imports begin with.
import { type Place, placeOf } from "./lines.ts";
import { type Module, readModule, resolve, type Tree } from "./source.ts";

/** Files that are modules. */
export const SCRIPT = /\.(?:ts|tsx|mjs|js)$/;

/** A module of the house proper. */
export interface Part {
  readonly path: string;
  readonly place: Place;
  readonly module: Module;
}

/** The files of the house proper, read. */
export function parts(tree: Tree): Part[] {
  const found: Part[] = [];
  for (const [path, text] of tree) {
    const place = SCRIPT.test(path) && !path.endsWith(".d.ts") ? placeOf(path) : undefined;
    if (place) found.push({ path, place, module: readModule(path, text) });
  }
  return found;
}

/** Where an import leads. */
export interface Target {
  readonly path: string;
  readonly place: Place;
}

/** What an import leads to inside the house; undefined for packages of others. */
export function targetOf(tree: Tree, from: string, specifier: string): Target | undefined {
  const path = resolve(tree, from, specifier);
  if (path !== undefined) {
    const place = placeOf(path);
    return place && { path, place };
  }
  if (/^@ferrule\/core(?:\/|$)/.test(specifier)) return { path: specifier, place: { line: 2, subsystem: "core" } };
  const worker = /^@ferrule\/worker\/([\w-]+)/.exec(specifier);
  if (worker) {
    const door = `worker-ts/src/${worker[1]}/index.ts`;
    const place = placeOf(door);
    return place && { path: door, place };
  }
  return undefined;
}
