// The rules of the house for TypeScript, each a plain function from a tree to the sentences it breaks; empty = kept.
// No file is read here, and no rule knows how it is run: house.test.ts shows each of them a house that breaks it.
import { posix } from "node:path";
import { GROUND, isDoor, isTest, KNOWS, type Place } from "./lines.ts";
import { parts, SCRIPT, targetOf } from "./parts.ts";
import { readModule, resolve, type Tree } from "./source.ts";

/** Sentences, each beginning with the path of the file that breaks the rule. */
export type Broken = string[];

/** A thing imports from the lines below it, and inside its own subsystem from its own line. */
export function importsPointDown(tree: Tree): Broken {
  const broken: Broken = [];
  for (const { path, place, module } of parts(tree)) {
    for (const specifier of module.imports) {
      const target = targetOf(tree, path, specifier);
      if (!target) continue;
      const own = target.place.subsystem === place.subsystem;
      const besides = place.line === target.place.line && KNOWS[place.subsystem]?.includes(target.place.subsystem);
      if (own ? target.place.line > place.line : target.place.line >= place.line && !besides)
        broken.push(`${path} (line ${place.line}) imports ${target.path} (line ${target.place.line})`);
    }
  }
  return broken;
}

/** Subsystems do not import each other: only what lies on the ground floor is shared, and less for some. */
export function subsystemsKeepApart(tree: Tree): Broken {
  const broken: Broken = [];
  for (const { path, place, module } of parts(tree)) {
    if (place.subsystem === "top") continue;
    const known = KNOWS[place.subsystem] ?? GROUND;
    for (const specifier of module.imports) {
      const other = targetOf(tree, path, specifier)?.place.subsystem;
      if (other !== undefined && other !== place.subsystem && !known.includes(other))
        broken.push(`${path} imports ${specifier}: ${place.subsystem} may not know ${other}`);
    }
  }
  return broken;
}

/** A subsystem is entered by its index.ts or routes.ts. */
export function subsystemsAreEnteredByTheirDoors(tree: Tree): Broken {
  const broken: Broken = [];
  for (const { path, place, module } of parts(tree)) {
    for (const specifier of module.imports) {
      const target = targetOf(tree, path, specifier);
      if (target && target.place.subsystem !== place.subsystem && !isDoor(target.path))
        broken.push(`${path} imports ${target.path}: enter ${target.place.subsystem} by its index.ts or routes.ts`);
    }
  }
  return broken;
}

/** No circle of files, types included. A circle is told once, by its members in order of the alphabet. */
export function noCircles(tree: Tree): Broken {
  const edges = new Map<string, readonly string[]>();
  for (const [path, text] of tree) {
    if (!SCRIPT.test(path) || path.endsWith(".d.ts")) continue;
    const targets = readModule(path, text).imports.map((specifier) => resolve(tree, path, specifier));
    edges.set(
      path,
      targets.filter((target) => target !== undefined),
    );
  }
  return circles(edges).map((circle) => `${circle[0]} stands in a circle: ${circle.join(", ")}`);
}

/** The strongly connected parts of a graph that hold more than one node (Tarjan 1972), or one that points at itself. */
export function circles(edges: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (node: string): void => {
    order.set(node, order.size);
    low.set(node, order.get(node)!);
    stack.push(node);
    for (const next of edges.get(node) ?? []) {
      if (!order.has(next)) visit(next);
      if (stack.includes(next)) low.set(node, Math.min(low.get(node)!, low.get(next)!));
    }
    if (low.get(node) !== order.get(node)) return;
    const circle = stack.splice(stack.indexOf(node));
    if (circle.length > 1 || edges.get(node)?.includes(node)) found.push(circle.sort());
  };
  for (const node of edges.keys()) if (!order.has(node)) visit(node);
  return found;
}

interface Fence {
  /** What is fenced in, as a sentence's subject. */
  readonly what: string;
  readonly pattern: RegExp;
  readonly allowed: (path: string, place: Place) => boolean;
}

/** Packages of others that may be imported in some places only. */
const FENCES: readonly Fence[] = [
  {
    what: "hono",
    pattern: /^@?hono(?:\/|$)/,
    allowed: (_, { line, subsystem }) => line === 5 || line === 6 || subsystem === "auth",
  },
  {
    what: "drizzle-orm",
    pattern: /^drizzle-orm(?:\/|$)/,
    allowed: (path, { line, subsystem }) =>
      /\/schema\.ts$/.test(path) ||
      subsystem === "platform" ||
      subsystem === "auth" ||
      (line <= 4 && /\/(?:store-[\w-]+|directory|[\w-]+-table)\.ts$|\/(?:store|archive|log)\//.test(path)),
  },
  {
    what: "cloudflare:workers",
    pattern: /^cloudflare:/,
    allowed: (path, { subsystem }) =>
      /(?:-object|\/index)\.ts$/.test(path) || subsystem === "ws-kit" || subsystem === "workflow",
  },
  {
    what: "the Rust core",
    pattern: /^@ferrule\/core/,
    // the composition may ask it which version it is; HTTP may not know it
    allowed: (_, { line }) => line <= 4 || line === 6,
  },
  {
    what: "the generated glue",
    pattern: /\/generated\/ferrule/,
    allowed: (_, { subsystem }) => subsystem === "core",
  },
];

/** hono, drizzle-orm, cloudflare:workers and the core are imported only where their line is. */
export function packagesStayOnTheirLines(tree: Tree): Broken {
  const broken: Broken = [];
  for (const { path, place, module } of parts(tree)) {
    for (const specifier of module.imports) {
      for (const { what, pattern, allowed } of FENCES)
        if (pattern.test(specifier) && !allowed(path, place)) broken.push(`${path} imports ${what} (${specifier})`);
    }
  }
  return broken;
}

/** Written by Better Auth's generator, which has its own ways. */
const GENERATED = /^worker-ts\/src\/auth\/schema\.ts$/;

/** Names that read a clock, make randomness or wait. */
const WORLD =
  /^(?:Date\.now|new Date\(\)|Math\.random|crypto|performance|setTimeout|setInterval|setImmediate|scheduler)$/;
const WORLD_MODULE = /^(?:node:)?(?:crypto|timers|timers\/promises|perf_hooks)$/;

/** Files that hand the world in where there is no platform/ to ask. A component of the page owns its own blinking; a run's clock is its log. */
const HANDS_IN =
  /\/(?:ws-kit|client|web\/src)\/platform\.ts$|\/vat\/runtime\.ts$|^worker-ts\/web\/.*\.tsx$|^worker-ts\/workflows\//;

/** The clock, randomness and timers are handed in: only platform/, line 4 and a few named files hold them. */
export function timeAndChanceAreHandedIn(tree: Tree): Broken {
  const allowed = (path: string, { line, subsystem }: Place) =>
    line === 4 || subsystem === "platform" || HANDS_IN.test(path) || GENERATED.test(path);
  const broken: Broken = [];
  for (const { path, place, module } of parts(tree)) {
    if (allowed(path, place)) continue;
    for (const name of module.globals) {
      const bare = name.replace(/^globalThis\./, "");
      if (WORLD.test(bare)) broken.push(`${path} uses ${name}`);
    }
    for (const specifier of module.imports)
      if (WORLD_MODULE.test(specifier)) broken.push(`${path} imports ${specifier}`);
  }
  return broken;
}

/** Who writes lines of a log beside platform/log.ts: what is entered by nobody else's Worker alone, or says no more than ids. */
const WRITES_LINES =
  /^worker-ts\/src\/(?:platform\/log\.ts$|workflow\/queue\.ts$|kernel\/|ws-kit\/|client\/)|^worker-ts\/web\/|^rust\//;

/** Nothing that was thrown comes into the log as it is: only platform/log.ts knows what not to say of it. */
export function logsKnowWhatNotToSay(tree: Tree): Broken {
  const broken: Broken = [];
  for (const { path, module } of parts(tree)) {
    if (WRITES_LINES.test(path)) continue;
    for (const name of module.globals) {
      const bare = name.replace(/^globalThis\./, "");
      if (/^console\b/.test(bare)) broken.push(`${path} uses ${name}: say it by logFailure of platform/log`);
    }
  }
  return broken;
}

const FACE = /^worker-ts\/src\/[\w-]+\/index\.ts$|^rust\/wasm\/npm\/src\/(?:api|index|init|node|web|workerd)\.ts$/;

/** Face files hand names on one by one, never everything of a file. */
export function facesNameWhatTheyExport(tree: Tree): Broken {
  const broken: Broken = [];
  for (const [path, text] of tree) {
    if (FACE.test(path) && readModule(path, text).exports.some((name) => /^(?:type )?\*$/.test(name)))
      broken.push(`${path} exports *: name what it hands on`);
  }
  return broken;
}

/** The public list of a face: exported names, sorted. */
export function publicList(tree: Tree, path: string): readonly string[] {
  const text = tree.get(path);
  if (text === undefined) throw new Error(`${path} is missing`);
  return readModule(path, text).exports;
}

/** What is shipped imports no test file. */
export function shippedCodeImportsNoTests(tree: Tree): Broken {
  const broken: Broken = [];
  for (const { path, module } of parts(tree)) {
    for (const specifier of module.imports) {
      const target = specifier.startsWith(".") ? posix.join(posix.dirname(path), specifier) : specifier;
      if (isTest(target)) broken.push(`${path} imports the test file ${target}`);
    }
  }
  return broken;
}
