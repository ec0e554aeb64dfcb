// How many modules a folder may hold. Who opens a folder should see at one look what is in it: eleven are at home, from twelve on it is
// asked why, and there is an answer here; fifteen are the wall.
import type { Broken } from "./rules.ts";
import type { Tree } from "./source.ts";

const MODULE = /\.(?:ts|tsx|mjs|js|rs|py)$/;
const MODULES_ASKED = 11;
const MODULES_MAX = 15;

/** Folders that hold more than is asked, and why. */
const ASKED: Readonly<Record<string, string>> = {
  "rust/wire/src": "the pieces of a frame, a file for each section of PROTOCOL.md; beside them lib, error and limit",
  "rust/chunk/src": "a crate of plain nouns, among them the three that every crate has: lib, error and limit",
  "rust/kernel/src": "what crank/ and table/ share: the words of the machine, and lib, error and limits",
};

/** Folders that a law outside of them fills, and no wall stops. */
const UNWALLED: Readonly<Record<string, string>> = {
  "rust/fuzz/targets": "one target per law, and cargo-fuzz looks for them here alone",
};

/** The modules of each folder. A test counts with the source that it stands beside; declarations of types are no module. */
function modulesByFolder(tree: Tree): ReadonlyMap<string, ReadonlySet<string>> {
  const folders = new Map<string, Set<string>>();
  for (const path of tree.keys()) {
    if (!MODULE.test(path) || /\.d\.m?ts$/.test(path)) continue;
    const [, folder, name] = /^(?:(.*)\/)?([^/]+)$/.exec(path)!;
    const module = name!.replace(MODULE, "").replace(/(?:\.worker)?\.test$/, "");
    folders.set(folder ?? "", (folders.get(folder ?? "") ?? new Set()).add(module));
  }
  return folders;
}

/** No folder holds more modules than one sees at a look. */
export function foldersStaySmall(tree: Tree): Broken {
  const broken: Broken = [];
  for (const [folder, { size }] of modulesByFolder(tree)) {
    if (folder in UNWALLED) continue;
    if (size > MODULES_MAX) broken.push(`${folder} holds ${size} modules, the wall is ${MODULES_MAX}`);
    else if (size > MODULES_ASKED && !(folder in ASKED))
      broken.push(`${folder} holds ${size} modules: more than ${MODULES_ASKED} need a reason in folder-rules.ts`);
    else if (size <= MODULES_ASKED && folder in ASKED)
      broken.push(`${folder} holds ${size} modules: no reason is needed`);
  }
  return broken;
}
