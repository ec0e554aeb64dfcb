// Who imports whom, counted: subsystems and crates, which lines of the house they stand on, and how many imports lead from one to another.
// Tests, and the crates for development alone, are no part of it.
import { parts, targetOf } from "./parts.ts";
import { rustCode, rustShipped, type Tree } from "./source.ts";

/** The tree as it stands. A node is a subsystem, `app`, `index.ts`, `local.ts`, or the folder of a crate. */
export interface Graph {
  /** The lines on which a node has modules, the highest first. */
  readonly nodes: ReadonlyMap<string, readonly number[]>;
  /** Imports by `from>to`: of one module, each that it names counts once. */
  readonly edges: ReadonlyMap<string, number>;
}

/** The crates by the names that Rust has for them, and their lines; the checksum stands below the machines. */
const CRATES: readonly (readonly [folder: string, name: string, line: number])[] = [
  ["rust/wasm", "ferrule_wasm", 1],
  ["rust/wasm/kernel", "ferrule_wasm_kernel", 1],
  ["rust/wasm/chunk", "ferrule_wasm_chunk", 1],
  ["rust/wire", "wire", 0],
  ["rust/kernel", "kernel", 0],
  ["rust/chunk", "chunk", 0],
  ["rust/crc", "crc", -1],
];
/** What wasm-bindgen makes of a crate, and is imported in its stead. */
const GLUE = /\/generated\/ferrule(?:_(kernel|chunk))?(?:_bg)?\./;

/** The Worker's three storeys above its subsystems, by line. */
const TOP: Readonly<Record<number, string>> = { 8: "local.ts", 7: "index.ts", 6: "app" };

/** Reads the graph off the source. */
export function importGraph(tree: Tree): Graph {
  const lines = new Map<string, Set<number>>();
  const edges = new Map<string, number>();
  const stands = (node: string, line: number) => lines.set(node, (lines.get(node) ?? new Set()).add(line));
  const leads = (from: string, to: string) => {
    if (from !== to) edges.set(`${from}>${to}`, (edges.get(`${from}>${to}`) ?? 0) + 1);
  };
  const nodeOf = ({ line, subsystem }: { line: number; subsystem: string }) =>
    subsystem === "top" ? TOP[line]! : subsystem;
  for (const { path, place, module } of parts(tree)) {
    stands(nodeOf(place), place.line);
    for (const specifier of module.imports) {
      const glue = GLUE.exec(specifier);
      const target = targetOf(tree, path, specifier);
      if (glue) leads(nodeOf(place), glue[1] === undefined ? "rust/wasm" : `rust/wasm/${glue[1]}`);
      else if (target) leads(nodeOf(place), nodeOf(target.place));
    }
  }
  for (const [folder, , line] of CRATES) {
    const manifest = tree.get(`${folder}/Cargo.toml`) ?? "";
    const needs = /^\[dependencies\]\n([^[]*)/m.exec(manifest)?.[1] ?? "";
    const known = new Set([...needs.matchAll(/^([\w-]+)/gm)].map(([name]) => name.replaceAll("-", "_")));
    for (const [path, text] of tree) {
      if (!path.startsWith(`${folder}/src/`) || !path.endsWith(".rs")) continue;
      stands(folder, line);
      const code = rustCode(rustShipped(text));
      for (const [other, name] of CRATES)
        if (known.has(name) && new RegExp(`(?<![:\\w])${name}::`).test(code)) leads(folder, other);
    }
  }
  const sorted = [...lines].map(([node, on]) => [node, [...on].sort((a, b) => b - a)] as const);
  return { nodes: new Map(sorted.sort()), edges: new Map([...edges].sort()) };
}
