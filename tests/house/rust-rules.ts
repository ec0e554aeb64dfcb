// The rules of the house for Rust: the customs post alone names the border's crates, the machines on line 0 are blind to
// each other and to the world, modules form no circle, faces hand names on one by one.
import { type Broken, circles } from "./rules.ts";
import { rustCode, rustShipped, type Tree } from "./source.ts";

const BORDER = /\b(?:wasm_bindgen|wasm-bindgen|js_sys|js-sys|serde_wasm_bindgen|serde-wasm-bindgen|web_sys|web-sys)\b/;
/** rust/tools builds the pinned wasm-bindgen command itself; the peer stands outside of the workspace. */
const BORDER_CRATES = /^rust\/(?:wasm|tools)\/|^tests\/bench\/peers\//;

/** Only rust/wasm names wasm-bindgen and its sisters. */
export function onlyTheCustomsPostNamesTheBorder(tree: Tree): Broken {
  const broken: Broken = [];
  for (const [path, text] of tree) {
    if (BORDER_CRATES.test(path)) continue;
    const manifest = path.endsWith("Cargo.toml") && path !== "Cargo.toml";
    if (!manifest && !path.endsWith(".rs")) continue;
    const found = BORDER.exec(manifest ? text.replace(/#.*$/gm, "") : rustCode(text));
    if (found) broken.push(`${path} names ${found[0]}`);
  }
  return broken;
}

const MACHINES: readonly string[] = ["crc", "wire", "chunk", "kernel"];
/** `tests.rs` is what `#[cfg(test)] mod tests;` names. */
const isShipped = (path: string, crate: string): boolean =>
  path.startsWith(`rust/${crate}/src/`) && path.endsWith(".rs") && !path.endsWith("/tests.rs");

/** The machines on line 0 do not depend on each other, nor on anything above. The checksum alone is below them: any may use it. */
export function machinesAreBlindToEachOther(tree: Tree): Broken {
  const broken: Broken = [];
  for (const crate of MACHINES) {
    const path = `rust/${crate}/Cargo.toml`;
    const ours = /^\s*(wire|chunk|kernel|ferrule-wasm)\b\s*[=.]/gm;
    for (const [, other] of (tree.get(path) ?? "").matchAll(ours))
      if (other !== crate) broken.push(`${path} depends on ${other}`);
  }
  return broken;
}

const WORLD =
  /\bstd::(?:time|io|fs|net|env|thread|process)\b|\b(?:Instant|SystemTime)::now\b|\b(?:rand|getrandom|log|tracing|chrono)::|\b(?:e?print(?:ln)?|dbg)!/;

/** No clock, randomness, I/O or logging on line 0. */
export function machinesAreDeafToTheWorld(tree: Tree): Broken {
  const broken: Broken = [];
  for (const crate of MACHINES) {
    for (const [path, text] of tree) {
      const found = isShipped(path, crate) ? WORLD.exec(rustShipped(text)) : null;
      if (found) broken.push(`${path} uses ${found[0]}`);
    }
  }
  return broken;
}

/** What each frame goes through. */
const HEAPLESS: readonly string[] = ["crc", "wire"];

/** rust/wire, and the checksum below it, are no_std and have no heap. */
export function wireHasNoHeap(tree: Tree): Broken {
  const broken: Broken = [];
  for (const crate of HEAPLESS) {
    const lib = tree.get(`rust/${crate}/src/lib.rs`);
    if (lib !== undefined && !/^#!\[(?:no_std|cfg_attr\(not\((?:test|any\(test[^\]]*\))\), no_std\))\]/m.test(lib))
      broken.push(`rust/${crate}/src/lib.rs lacks #![no_std]`);
  }
  for (const [path, text] of tree) {
    const found = HEAPLESS.some((crate) => isShipped(path, crate))
      ? /\b(?:std|alloc)::|\bextern crate (?:std|alloc)\b/.exec(rustShipped(text))
      : null;
    if (found) broken.push(`${path} uses ${found[0]}`);
  }
  return broken;
}

/** The crate's modules form no circle; a name taken from lib.rs itself closes one, since lib.rs knows every module. */
export function rustModulesFormNoCircle(tree: Tree): Broken {
  const edges = new Map<string, string[]>();
  for (const [path, text] of tree) {
    const match = /^(rust\/[^/]+\/src)\/(.+)\.rs$/.exec(path);
    if (!match || /^rust\/tools\/|\/tests\.rs$/.test(path)) continue;
    const [, src, own] = match;
    const at = (module: string) => [`${src}/${module}.rs`, `${src}/${module}/mod.rs`].find((file) => tree.has(file));
    const code = rustShipped(text);
    const targets = new Set<string>();
    for (const name of crateNames(code)) {
      const target = at(name) ?? `${src}/lib.rs`;
      if (target !== path && !(own === "lib" && target.endsWith("/lib.rs"))) targets.add(target);
    }
    for (const [, name] of code.matchAll(/^\s*(?:pub(?:\([^)]*\))? )?mod (\w+);/gm)) {
      const folder = /(?:^|\/)(?:lib|main|mod)$/.test(own!) ? own!.replace(/(?:lib|main|mod)$/, "") : `${own}/`;
      const target = at(`${folder}${name}`);
      if (target) targets.add(target);
    }
    edges.set(path, [...targets]);
  }
  return circles(edges).map((circle) => `${circle[0]} stands in a circle: ${circle.join(", ")}`);
}

/** The first names behind `crate::`, also those of `crate::{a, b::c}`. Macros of the crate are no module. */
function crateNames(code: string): Set<string> {
  const names = new Set<string>();
  for (const [, name] of code.matchAll(/\bcrate::(\w+)\b(?!!)/g)) names.add(name!);
  for (const { index } of code.matchAll(/\bcrate::\{/g)) {
    let depth = 1;
    let first = true;
    for (const [token] of code.slice(index + "crate::{".length).matchAll(/[{},]|\w+/g)) {
      if (token === "{") depth++;
      else if (token === "}") depth--;
      else if (token === ",") first = depth === 1;
      else if (first) {
        names.add(token);
        first = false;
      }
      if (depth === 0) break;
    }
  }
  return names;
}

/** `pub use` names what it hands on. */
export function rustFacesNameWhatTheyExport(tree: Tree): Broken {
  const broken: Broken = [];
  for (const [path, text] of tree) {
    if (!/^rust\/[^/]+\/src\/.+\.rs$/.test(path)) continue;
    for (const [statement] of rustCode(text).matchAll(/\bpub(?:\([^)]*\))? use [^;]*\*[^;]*;/g))
      broken.push(`${path} has ${statement.replace(/\s+/g, " ")}`);
  }
  return broken;
}

/** The public list of a crate: its public modules, and the names that lib.rs hands on, sorted. */
export function publicRustList(tree: Tree, path: string): readonly string[] {
  const text = tree.get(path);
  if (text === undefined) throw new Error(`${path} is missing`);
  const code = rustShipped(text);
  const names: string[] = [];
  for (const [, kind, name] of code.matchAll(/^pub (mod|fn|struct|enum|const|trait|type) (\w+)/gm))
    names.push(`${kind} ${name}`);
  for (const [, list] of code.matchAll(/^pub use ([^;]+);/gm)) {
    const braces = /\{([^}]*)\}/.exec(list!);
    const last = braces ? braces[1]!.split(",") : [list!.split("::").pop()!];
    names.push(...last.map((name) => name.trim().replace(/^.* as /, "")).filter((name) => name !== ""));
  }
  return names.sort();
}
