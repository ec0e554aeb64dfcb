// Every example of docs/client.md compiles against this client: a method or a field that is none is found here.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");

/** What the examples take for granted: the program around them. */
const AROUND = `
import type * as client from "@ferrule/worker/client";
declare global {
  const connect: typeof client.connect, localOutbox: typeof client.localOutbox, memoryOutbox: typeof client.memoryOutbox;
  const RoomError: typeof client.RoomError, RoomView: typeof client.RoomView;
  type OutboxStore = client.OutboxStore;
  const room: client.Room, view: client.RoomView, failed: client.ViewMessage, cache: Map<number, client.Message>;
  const url: string, text: string, seq: number, report: { readonly text: string; readonly uuid: string };
  const header: HTMLElement, badge: HTMLElement, box: HTMLTextAreaElement, retryButton: HTMLButtonElement;
  const process: { readonly env: Record<string, string | undefined> };
  function token(): Promise<string>;
  function draw(...values: unknown[]): void;
  function show(...values: unknown[]): void;
  function row(...values: unknown[]): void;
  function button(what: unknown, press: () => unknown): void;
  function showGap(from: number, to: number): void;
  function answer(message: client.Message): Promise<void>;
  function signIn(): Promise<void>;
  function readFile(path: string, encoding: "utf8"): Promise<string>;
  interface Transaction { insert(value: unknown): Promise<void>; set(key: string, value: unknown): Promise<void> }
  const database: { transaction(f: (tx: Transaction) => Promise<void>): Promise<void> };
  const db: {
    all(sql: string, ...values: unknown[]): Promise<client.OutboxEntry[]>;
    run(sql: string, ...values: unknown[]): Promise<void>;
  };
}
`;

const OPTIONS = {
  extends: join(root, "tsconfig.base.json"),
  compilerOptions: {
    lib: ["es2023", "esnext.disposable", "dom", "dom.iterable"],
    typeRoots: [join(root, "node_modules/@types")],
    paths: { "@ferrule/worker/client": [join(root, "worker-ts/src/client/index.ts")] },
  },
  include: ["*.ts"],
};

/** The examples as modules, by the line of the page on which they begin. */
function examples(): Map<string, string> {
  const page = readFileSync(join(root, "docs/client.md"), "utf8");
  const files = new Map<string, string>();
  for (const { index, 1: code = "" } of page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)) {
    const line = page.slice(0, index).split("\n").length + 1;
    files.set(`line-${line}.ts`, `${code}export {};\n`);
  }
  return files;
}

/** What the compiler has to say. */
function compile(files: ReadonlyMap<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), "ferrule-docs-"));
  try {
    for (const [name, code] of files) writeFileSync(join(folder, name), code);
    writeFileSync(join(folder, "around.ts"), AROUND);
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(OPTIONS));
    return spawnSync(process.execPath, [tsc, "-p", folder], { encoding: "utf8" }).stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("the examples of docs/client.md compile", { timeout: 60_000 }, () => {
  const files = examples();
  expect(files.size).toBeGreaterThan(20);
  expect(compile(files)).toBe("");
  // And it would say so if they did not.
  expect(compile(new Map([["line-1.ts", "room.sned(1);\n"]]))).toMatch(/sned/);
});
