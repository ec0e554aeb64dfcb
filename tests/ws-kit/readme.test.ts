// A56: the README's quick start, run as printed in an empty folder: its files are written, its lines are run, its output is compared.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "../harness/environment.ts";
import { freePort, Project } from "./project.ts";
import { Registry } from "./registry.ts";

const README = readFileSync(join(root, "worker-ts/src/ws-kit/README.md"), "utf8");
const start = README.split(/^## /m).find((part) => part.startsWith("Quick start"))!;

interface Block {
  readonly language: string;
  readonly text: string;
}

/** The quick start's blocks of code, in order. The port is the only thing that is changed. */
const blocks = (port: number): readonly Block[] =>
  [...start.matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)].map(([, language = "", text = ""]) => ({
    language,
    text: text.replaceAll("8787", String(port)),
  }));

let registry: Registry;
let project: Project;
beforeAll(async () => {
  registry = await Registry.start();
  project = new Project(registry.environment);
});
afterAll(async () => {
  await project?.[Symbol.asyncDispose]();
  await registry?.[Symbol.asyncDispose]();
});

test("A56 the quick start runs as printed", async () => {
  const printed: string[] = [];
  for (const { language, text } of blocks(await freePort())) {
    const [, file] = /^\/\/ (\S+\.\w+)/.exec(text) ?? [];
    if (file) project.write(file, text);
    else if (language === "sh") {
      for (const line of text.trim().split("\n")) {
        if (line.includes("wrangler dev")) await project.start(line, /Ready on/);
        else printed.push(await project.run(line));
      }
    } else {
      // What two people are told at the same time comes in any order.
      const lines = (from: string): string[] => from.trim().split("\n").sort();
      expect(lines(printed.at(-1) ?? "")).toEqual(lines(text));
    }
  }
  expect(printed.length).toBeGreaterThan(1);
});

test("A56 the quick start's Worker type-checks under the types that wrangler writes", async () => {
  await project.run("npx wrangler types");
  const compilerOptions = {
    target: "es2022",
    module: "esnext",
    moduleResolution: "bundler",
    lib: ["es2023", "esnext.disposable"],
    types: ["./worker-configuration.d.ts"],
    strict: true,
    noEmit: true,
  };
  project.write("tsconfig.json", JSON.stringify({ compilerOptions, include: ["src", "worker-configuration.d.ts"] }));
  expect(await project.run("tsc -p .")).toBe("");
});
