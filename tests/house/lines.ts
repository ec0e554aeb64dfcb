// The floor plan: on which line of the house a file stands, and which subsystem it belongs to. Data and look-ups only;
// what follows from it is in rules.ts.

/** Where a file stands. */
export interface Place {
  /** 8 local entry · 7 entry · 6 composition · 5 HTTP · 4 shells · 3 pure rules and tables · 2 ground · 1 customs post · 0 machines. */
  readonly line: number;
  /** `rooms`, `auth`, …; `core` is the npm package around the Rust core, `top` the Worker's entry and composition, `vats` and `workflows` the app's own. */
  readonly subsystem: string;
}

const SRC = "worker-ts/src/";
/** First match wins. `$1` of a pattern, when there is one, is the subsystem. */
const PLAN: readonly (readonly [pattern: RegExp, line: number, subsystem?: string])[] = [
  [/^worker-ts\/src\/local\.ts$/, 8, "top"],
  [/^worker-ts\/src\/index\.ts$/, 7, "top"],
  [/^worker-ts\/src\/app(?:\.ts$|\/)/, 6, "top"],
  [/^worker-ts\/web\//, 5, "web"],
  [/^worker-ts\/vats\//, 5, "vats"],
  [/^worker-ts\/workflows\//, 2, "workflows"],
  [/^worker-ts\/src\/(\w[\w-]*)\/(?:routes\.ts|http\/)/, 5],
  [/^worker-ts\/src\/(platform|auth|ws-kit)\//, 2],
  [/^worker-ts\/src\/(client)\//, 3],
  [/^worker-ts\/src\/(\w[\w-]*)\/index\.ts$/, 5],
  [/^worker-ts\/src\/(\w[\w-]*)\/(?:[\w-]+-object\.ts|queue\.ts)/, 4],
  [/^worker-ts\/src\/(rooms)\/(?:archive|restore)\//, 4],
  [/^worker-ts\/src\/(kernel)\/(?:host\/(?:host|committer)\.ts|make-kernel\.ts|vat\/)/, 4],
  [/^worker-ts\/src\/(workflow)\/(?:world\.ts|watchdog\.ts|runtime\/|streamer\/)/, 4],
  [/^worker-ts\/src\/(\w[\w-]*)\//, 3],
  [/^rust\/wasm\/npm\/src\//, 2, "core"],
  [/^rust\/wasm\/npm\/generated\//, 1, "wasm"],
];

/** Subsystems of the ground floor, which everything above may use; side by side they do not know each other. */
export const GROUND: readonly string[] = ["platform", "auth", "ws-kit", "core"];

/** What these may know of the house beside themselves. A subsystem that is not named may know all of GROUND. */
export const KNOWS: Readonly<Record<string, readonly string[]>> = {
  web: ["client"],
  client: ["core"],
  // the app's own programs: vats are written for the kernel, workflows for the DevKit; only the bots, who start those, know them
  vats: ["kernel"],
  workflows: [],
  bots: ["platform", "workflows"],
  "ws-kit": [],
  platform: [],
  auth: ["platform"],
  core: ["wasm"],
};

/** Where a file stands, or undefined when it is no part of the house proper (tests, scripts, settings). */
export function placeOf(path: string): Place | undefined {
  if (isTest(path)) return undefined;
  for (const [pattern, line, subsystem] of PLAN) {
    const match = pattern.exec(path);
    if (match) return { line, subsystem: subsystem ?? match[1] ?? "top" };
  }
  return undefined;
}

/** Tests may look behind every door. */
export function isTest(path: string): boolean {
  return /\.test\.tsx?$|^tests\/|\/tests?\/|\/testing\//.test(path);
}

/** Doors beside `index.ts`: what is published without the rest of the house must not bring the packages of platform's other rooms. */
const SIDE_DOORS = /^platform\/(?:clock|ids|log|text)\.ts$/;

/** The doors of the app's own programs: what registers the vats, and how steps of workflows reach rooms. */
const OWN = /^worker-ts\/(?:vats|workflows)\//;
const OWN_DOORS = /^worker-ts\/(?:vats\/index|workflows\/room-port)\.ts$/;

/** The doors of a subsystem: the files that others may import. */
export function isDoor(path: string): boolean {
  if (OWN.test(path)) return OWN_DOORS.test(path);
  if (!path.startsWith(SRC)) return true;
  const inside = path.slice(SRC.length);
  return /^[^/]+\/(?:index|routes)\.ts$/.test(inside) || SIDE_DOORS.test(inside);
}
