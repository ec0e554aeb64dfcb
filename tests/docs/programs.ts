// Blocks of TypeScript and JavaScript as programs: written into a folder of the repository, so that they find its packages, compiled
// all at once, and run one by one where they say so.
import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { environment, root } from "../harness/environment.ts";
import type { Block } from "./pages.ts";

const HOME = join(root, ".tools/docs");
/** Which names of a Worker make a block one: its types are workerd's, all others have those of browsers and Node. */
const WORKER =
  /@ferrule\/worker\/(?:rooms|kernel|workflow|ws-kit)|@ws-kit\/|cloudflare:|from "(?:workflow|partyserver|@workflow\/[\w-]+)"|\bwithWorkflows\b|\bEnv\b|(?<!process\.)\benv\.|\bbatch\b/;
const RUN_MS_MAX = 60_000;

const IMPORT = /^import (?:type )?\{([^}]+)\} from ("[^"]+");/gm;
const namesIn = (list: string) =>
  list
    .split(",")
    .map((name) => name.trim())
    .filter(Boolean);
const bare = (name: string) => name.replace(/^type /, "").replace(/^.* as /, "");

/**
 * The block as a module of its own. What its page has imported before is imported again where it is used: a reader has it in mind. It is
 * written at the end, so that the first line stays the first line.
 */
function moduleOf(block: Block, all: readonly Block[]): string {
  const { page, line, text } = block;
  const own = [...text.matchAll(IMPORT)].flatMap(([, list]) => namesIn(list!).map(bare));
  const uses = (name: string) =>
    new RegExp(`(?<![.\\w])${name}\\b`).test(text) &&
    !new RegExp(`\\b(?:const|let|function|class|type) ${name}\\b`).test(text);
  const again = new Map<string, string>();
  for (const before of all.filter(
    (other) => other.page === page && other.line < line && !other.info.includes("no-run="),
  ))
    for (const [, list, from] of before.text.matchAll(IMPORT))
      for (const name of namesIn(list!))
        if (!own.includes(bare(name)) && uses(bare(name))) again.set(bare(name), `import { ${name} } from ${from};`);
  return `${text}\n${[...again.values()].join("\n")}\nexport {};\n`;
}

export type Side = "page" | "worker";
/** `side=worker` in its info says what cannot be seen. */
export const sideOf = ({ text, info }: Block): Side =>
  (/side=(page|worker)/.exec(info)?.[1] as Side | undefined) ?? (WORKER.test(text) ? "worker" : "page");

const nameOf = ({ page, line, language }: Block) =>
  `${page.replaceAll(/[^\w-]/g, "_")}_${line}.${language === "js" ? "mjs" : "ts"}`;

const TYPES: Readonly<Record<Side, { readonly lib: readonly string[]; readonly types: readonly string[] }>> = {
  page: { lib: ["es2023", "esnext.disposable", "dom", "dom.iterable", "dom.asynciterable"], types: ["node"] },
  worker: { lib: ["es2023", "esnext.disposable"], types: ["@cloudflare/workers-types"] },
};

/** Writes the blocks, with a configuration for each side. */
export function writePrograms(blocks: readonly Block[], all: readonly Block[]): void {
  rmSync(HOME, { recursive: true, force: true });
  for (const side of ["page", "worker"] as const) {
    const folder = join(HOME, side);
    mkdirSync(folder, { recursive: true });
    cpSync(join(root, `tests/docs/ambient/${side}.d.ts`), join(folder, "ambient.d.ts"));
    if (side === "worker") cpSync(join(root, "tests/docs/ambient/messages.ts"), join(folder, "messages.ts"));
    const compilerOptions = {
      target: "es2023",
      module: "esnext",
      moduleResolution: "bundler",
      ...(side === "worker" && { customConditions: ["workerd"] }),
      ...TYPES[side],
      strict: true,
      skipLibCheck: true,
      noEmit: true,
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
    // every block is a module of its own, and the first line stays the first line
    for (const block of blocks)
      if (sideOf(block) === side) writeFileSync(join(folder, nameOf(block)), moduleOf(block, all));
  }
}

/** What tsc says of one side's blocks, by page and line. */
export function compile(side: Side, blocks: readonly Block[]): readonly string[] {
  const { stdout, stderr } = spawnSync("tsc", ["-p", join(HOME, side), "--pretty", "false"], {
    cwd: join(HOME, side),
    env: environment,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  const byName = new Map(blocks.map((block) => [nameOf(block), block]));
  return `${stdout}${stderr}`
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const [, name, at, rest] = /^([\w-]+\.ts)\((\d+),\d+\): (.*)$/.exec(line) ?? [];
      const block = byName.get(name ?? "");
      return block === undefined ? line : `${block.page}:${block.line + Number(at)}: ${rest}`;
    });
}

/** Whether a block of JavaScript can be read; what Node says otherwise. */
export function parse(block: Block): string {
  const { status, stderr } = spawnSync(process.execPath, ["--check", join(HOME, sideOf(block), nameOf(block))], {
    env: environment,
    encoding: "utf8",
  });
  return status === 0 ? "" : stderr;
}

/** Runs a block in Node beside `around`, against a server: its exit code, and what it printed. */
export async function run(
  block: Block,
  around: string,
  server: string,
): Promise<{ code: number | null; told: string }> {
  const file = join(HOME, sideOf(block), nameOf(block).replace(".", ".run."));
  const text = readFileSync(join(HOME, sideOf(block), nameOf(block)), "utf8");
  writeFileSync(file, text.replaceAll(/https?:\/\/(?:chat\.example|localhost:8787)/g, server));
  const child = spawn(process.execPath, ["--no-warnings", around, file], {
    cwd: join(HOME, sideOf(block)),
    env: { ...environment, FERRULE_URL: server },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let told = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (data: Buffer) => {
      told += data;
    });
  const late = setTimeout(() => child.kill("SIGKILL"), RUN_MS_MAX);
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  clearTimeout(late);
  return { code, told };
}
