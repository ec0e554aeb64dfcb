// What stands in the documentation: its pages, their fenced blocks, and the files that a page prints. Reading alone.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../harness/environment.ts";

/** A fenced block, with the words behind its language. */
export interface Block {
  /** The page, from the repository's root. */
  readonly page: string;
  /** Line of the fence, from 1. */
  readonly line: number;
  readonly language: string;
  /** What the block says of itself: `run`, `no-run="because"` … */
  readonly info: string;
  readonly text: string;
  /** The file that it prints: a name on a line of its own stands before it. */
  readonly file: string | undefined;
}

/** READMEs of packages and examples, beside those of docs/. */
const READMES = [
  "README.md",
  "worker-ts/README.md",
  "worker-ts/src/ws-kit/README.md",
  "worker-py/README.md",
  "rust/wasm/npm/README.md",
  "examples/kernel/README.md",
  "examples/workflow/README.md",
  "examples/ws-kit-rooms/README.md",
];

const FENCE = /^(?:`([\w./-]+)`\n\n)?```(\w*) ?([^\n]*)\n([\s\S]*?)^```$/gm;

export const read = (path: string): string => readFileSync(join(root, path), "utf8");

/** All pages, from the repository's root. */
export function pages(): readonly string[] {
  const docs = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name.replaceAll("\\", "/")}`);
  return [...READMES, ...docs.sort()];
}

/** Folders that hold pages of others, or nothing that is in the repository. */
const OTHERS = /^(?:\.|node_modules$|target$|dist$|generated$|python_modules$|state$)/;

/** Every Markdown file of the repository, from its root: the pages, and what else somebody reads. */
export function everyPage(folder = ""): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return OTHERS.test(entry.name) ? [] : everyPage(path);
    return entry.name.endsWith(".md") ? [path] : [];
  });
}

/** The fenced blocks of a page, in order. */
export function blocksOf(page: string, text: string = read(page)): readonly Block[] {
  return [...text.matchAll(FENCE)].map((match) => {
    const [all, file, language = "", info = "", body = ""] = match;
    const before = text.slice(0, match.index + all.indexOf("```")).split("\n").length;
    return { page, line: before, language, info: info.trim(), text: body, file };
  });
}
