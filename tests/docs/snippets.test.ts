// Every fenced block of the documentation is looked at: programs are compiled, and run where they say `run`; commands exist with their
// flags; data parses. What cannot be looked at says why, in its info string: `no-run="because"`. Links lead somewhere.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, normalize } from "node:path";
import { loadPyodide } from "pyodide";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseJsonc } from "../../scripts/deploy/config.mjs";
import { environment, root } from "../harness/environment.ts";
import { type Server, startServer } from "../harness/server/server.ts";
import { hasCurl, STAND_IN, withCurl } from "./curl.ts";
import { type Block, blocksOf, everyPage, pages, read } from "./pages.ts";
import { compile, parse, run, sideOf, writePrograms } from "./programs.ts";
import { callsOf, missingOf } from "./shell.ts";

const AROUND = join(root, "tests/docs/around.mjs");
/** Pages whose blocks another test writes into a folder of its own and runs as they stand. */
const FOLLOWED: Readonly<Record<string, string>> = {
  "docs/tutorial.md": "tests/docs/tutorial.test.ts",
  "docs/python.md": "tests/pages/docs.test.ts",
  "worker-ts/src/ws-kit/README.md": "tests/ws-kit/running.test.ts",
};
/** Scripts that an example's page names are those of its own package.json; of pages that print one, what they print. */
const SCRIPTS: Readonly<Record<string, string>> = {
  "examples/kernel/README.md": "examples/kernel/package.json",
  "examples/workflow/README.md": "examples/workflow/package.json",
  "examples/ws-kit-rooms/README.md": "examples/ws-kit-rooms/package.json",
};

const all = pages().flatMap((page) => blocksOf(page));
const reasonOf = ({ info }: Block) => /no-run="([^"]+)"/.exec(info)?.[1];
const is = (...languages: readonly string[]) =>
  all.filter((block) => languages.includes(block.language) && reasonOf(block) === undefined);
const placeOf = ({ page, line }: Block) => `${page}:${line}`;
/** What a test beside this one compiles in its own folder: the files of a page that is followed. */
const isFollowed = ({ page, file, language, text }: Block) =>
  FOLLOWED[page] !== undefined &&
  (file !== undefined || /^(?:console|text)$/.test(language) || /^\/\/ [\w./]+\.\w+\n/.test(text));
const programs = is("ts", "js").filter((block) => !isFollowed(block));
const runs = (block: Block) => /(?:^| )run\b/.test(block.info.replace(/no-run="[^"]*"/, ""));

test("TD1 every block says in which language it is, and one that is not looked at says why", async ({ annotate }) => {
  const looked = ["ts", "js", "sh", "json", "jsonc", "python", "html", "console"];
  expect(all.length).toBeGreaterThan(100);
  expect(
    all
      .filter((block) => !looked.includes(block.language) && reasonOf(block) === undefined && !isFollowed(block))
      .map(placeOf),
  ).toEqual([]);
  const left = all.filter((block) => reasonOf(block) !== undefined);
  const count = (blocks: readonly Block[]) => blocks.length;
  await annotate(
    `${count(all)} blocks: ${count(programs)} programs compiled, ${count(all.filter(runs))} blocks run, ${count(all.filter(isFollowed))} files of pages that are followed, ${count(left)} not looked at`,
  );
  for (const block of left) await annotate(`${placeOf(block)}: ${reasonOf(block)}`);
});

test("TD2 a page that another test follows is read by that test", () => {
  for (const [page, by] of Object.entries(FOLLOWED)) expect(read(by), by).toContain(page);
});

describe("programs", () => {
  beforeAll(() => {
    const built = spawnSync(process.execPath, ["worker-ts/build.mjs"], {
      cwd: root,
      env: environment,
      encoding: "utf8",
    });
    expect(built.status, built.stderr + built.stdout).toBe(0);
    writePrograms(programs, all);
  });

  test.each(["page", "worker"] as const)("TD3 every block of TypeScript compiles, side %s", (side) => {
    const own = programs.filter((block) => block.language === "ts" && sideOf(block) === side);
    expect(own.length).toBeGreaterThan(0);
    expect(compile(side, own)).toEqual([]);
  });

  test("TD4 every block of JavaScript can be read", () => {
    for (const block of programs.filter(({ language }) => language === "js"))
      expect(parse(block), placeOf(block)).toBe("");
  });
});

describe("data and commands", () => {
  test("TD5 JSON is JSON, JSONC is JSONC; several objects stand a line each", () => {
    for (const block of is("json", "jsonc")) {
      const parts =
        block.language === "json" && /\}\n\{/.test(block.text) ? block.text.trim().split("\n") : [block.text];
      for (const part of parts)
        expect(() => (block.language === "json" ? JSON.parse(part) : parseJsonc(part)), placeOf(block)).not.toThrow();
    }
  });

  test("TD6 shell can be read, and what it calls of ours and of wrangler exists, with its flags", () => {
    const missing: string[] = [];
    for (const block of is("sh")) {
      const { status, stderr } = spawnSync("bash", ["-n"], { input: block.text, encoding: "utf8" });
      expect(status, `${placeOf(block)}\n${stderr}`).toBe(0);
      const scripts = scriptsOf(block.page);
      for (const call of callsOf(block.text))
        missing.push(...missingOf(call, scripts).map((what) => `${placeOf(block)}: ${what}`));
    }
    expect(missing).toEqual([]);
  });

  test("TD7 Python can be read", async () => {
    // Python as WebAssembly, of the version of the Python Worker: the machine needs none
    const python = await loadPyodide();
    const own = is("python");
    expect(own.length).toBeGreaterThan(0);
    const parse = python.runPython("import ast\nast.parse") as (source: string) => unknown;
    for (const block of own) expect(() => parse(block.text), placeOf(block)).not.toThrow();
    expect(() => parse("def broken(:\n")).toThrow(/SyntaxError/);
  });
});

/** The scripts that a page may name: the repository's, its example's own, those that it prints. */
function scriptsOf(page: string): Readonly<Record<string, string>> {
  const printed = all.find((block) => block.page === page && block.file === "package.json");
  const own = printed?.text ?? (SCRIPTS[page] === undefined ? undefined : read(SCRIPTS[page]));
  const ours = page in SCRIPTS ? {} : JSON.parse(read("package.json")).scripts;
  return { ...ours, ...(own === undefined ? {} : JSON.parse(own).scripts) };
}

test("TD13 a session on the terminal prints what the page says", () => {
  const own = is("console").filter((block) => !isFollowed(block));
  expect(own.length).toBeGreaterThan(0);
  for (const block of own) {
    const [, command = "", said] = /^\$ npx ferrule ([^\n]+)\n([\s\S]*)$/.exec(block.text)!;
    const ferrule = `${process.execPath} worker-ts/bin/ferrule.mjs ${command}`;
    const { stdout } = spawnSync("sh", ["-c", ferrule], { cwd: root, env: environment, encoding: "utf8" });
    expect(stdout.trim(), placeOf(block)).toBe(said!.trim());
  }
});

describe("against a running server", () => {
  const scratch = mkdtempSync(join(tmpdir(), "ferrule-docs-"));
  let server: Server;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    rmSync(scratch, { recursive: true, force: true });
  });

  test("TD8 every program that says `run` runs to its end", { timeout: 300_000 }, async () => {
    const own = programs.filter(runs);
    expect(own.length).toBeGreaterThan(0);
    for (const block of own) {
      const { code, told } = await run(block, AROUND, server.url);
      expect(code, `${placeOf(block)}\n${told}`).toBe(0);
    }
  });

  test("TD16 the documentation is served, beside the routes that the Worker tells itself", async () => {
    for (const [path, words] of [
      ["/docs/", "Who reads what"],
      ["/docs/tutorial", "From an empty folder"],
      ["/docs/how-to/rooms", "Make a private room"],
      ["/docs/api", "/api/rooms"],
    ] as const) {
      const answer = await fetch(`${server.url}${path}`);
      expect([path, answer.status, await answer.text()]).toEqual([path, 200, expect.stringContaining(words)]);
      expect(answer.headers.get("content-security-policy"), path).toContain("default-src 'none'");
    }
    const picture = await fetch(`${server.url}/docs/pictures/resume.svg`);
    expect([picture.status, picture.headers.get("content-type")]).toEqual([200, "image/svg+xml"]);
  });

  test("TD18 an address without a page is 404 with a page that leads to the documentation; those of the chat page are that page", async () => {
    const ask = async (path: string, init: RequestInit = {}) => {
      const answer = await fetch(`${server.url}${path}`, init);
      return { status: answer.status, text: await answer.text(), headers: answer.headers };
    };
    // as a browser asks, and as a program does
    for (const headers of [{ accept: "text/html", "sec-fetch-mode": "navigate" }, { accept: "*/*" }])
      for (const path of ["/docs/x", "/docs/how-to/x", "/docs/tutorial/x", "/nothing", "/roomsx", "/assets/x.js"]) {
        const { status, text, headers: answered } = await ask(path, { headers });
        expect({ path, status }).toEqual({ path, status: 404 });
        expect(text, path).toContain('href="/docs/"');
        expect(answered.get("content-security-policy"), path).toContain("default-src 'none'");
      }
    const { text: chat } = await ask("/");
    for (const path of [
      "/rooms",
      "/rooms/",
      "/rooms/lobby",
      "/rooms/lobby/12",
      "/invite/AAAAAAAAAAAAAAAAAAAAAA",
      "/?x=1",
    ]) {
      const { status, text } = await ask(path, { headers: { accept: "text/html", "sec-fetch-mode": "navigate" } });
      expect({ path, status, isChat: text === chat }).toEqual({ path, status: 200, isChat: true });
    }
    // what the Worker answers itself, it still does
    expect(await ask("/api/nothing")).toMatchObject({ status: 404, text: expect.stringContaining('"not_found"') });
    expect((await ask("/runs/x")).status).toBe(200);
  });

  test("TD9 every talk with curl that says `run` goes through, each answer a success", { timeout: 300_000 }, () => {
    const own = is("sh").filter(runs);
    expect(own.length).toBeGreaterThan(0);
    for (const block of own) {
      // --fail-with-body: an answer of 400 and more ends the talk
      const lines = block.text
        .replaceAll(/\bcurl /g, "curl --fail-with-body -sS ")
        .replaceAll(/https?:\/\/(?:chat\.example|localhost:8787)/g, server.url)
        .replaceAll("/tmp/", `${scratch}/`);
      const { status, stdout, stderr } = spawnSync("bash", ["-euo", "pipefail", "-c", lines], {
        cwd: root,
        // who a guest is in the terminal is kept there
        env: { ...withCurl(environment), ADMIN_TOKEN: server.adminToken, XDG_CONFIG_HOME: scratch },
        encoding: "utf8",
      });
      expect(status, `${placeOf(block)}\n${stdout}${stderr}`).toBe(0);
      // JSON-RPC refuses with status 200
      expect(stdout, placeOf(block)).not.toContain('"error":{');
      // what a comment behind a command says came
      for (const [, said] of block.text.matchAll(/^# (\{.*\}|true|#\d+)$/gm))
        expect(stdout.replaceAll(/\s/g, ""), placeOf(block)).toContain(said!.replaceAll(/\s/g, ""));
    }
  });

  test("TD17 no block needs more than a shell, curl and Node, and the stand-in for curl answers as curl does", () => {
    const called = /(?<=^|[|(;] *)(?:jq|python3?|uuidgen|wget|httpie)\b/m;
    expect(
      is("sh")
        .filter(({ text }) => called.test(text))
        .map(placeOf),
    ).toEqual([]);

    const calls = [
      ["/hello"],
      ["/form", "-d", "name=Ada", "-d", "message=a b"],
      ["/counter", "-H", "accept: text/html", "-i"],
      ["/api/auth/sign-in/anonymous", "-si", "-X", "POST", "-H", "content-type: application/json", "-d", "{}"],
      ["/api/rooms/nowhere/messages", "--fail-with-body"],
    ];
    const ask = (curl: string, [path, ...more]: readonly string[]) => {
      const { status, stdout } = spawnSync(curl, ["-sS", `${server.url}${path}`, ...more], {
        env: environment,
        encoding: "utf8",
      });
      // ids, times, tokens and the count of calls differ from one call to the next
      const text = stdout
        .replaceAll(/^((?:x-request-id|set-[\w-]+|date|etag|[\w-]*ratelimit[\w-]*): ).*$/gim, "$1…")
        .replaceAll(/"(?:requestId|token|id|name|email|\w+At)":"[^"]*"/g, '"…"')
        .replaceAll(/\d+/g, "0");
      return { status, text };
    };
    const stoodIn = calls.map((call) => ask(join(STAND_IN, "curl"), call));
    expect(stoodIn.map(({ status }) => status)).toEqual([0, 0, 0, 0, 22]);
    expect(stoodIn[3]!.text).toMatch(/^HTTP\/0\.0 0 OK\r\n[\s\S]*\r\nset-auth-token: …[\s\S]*\r\n\r\n\{/i);
    if (hasCurl(environment)) expect(stoodIn).toEqual(calls.map((call) => ask("curl", call)));
  });
});

describe("links", () => {
  const anchorOf = (title: string) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replaceAll(/\s/g, "-");
  /** What a link may name in a page: its headings, and places that were given an id. */
  const anchors = (path: string) => {
    const text = read(path).replaceAll(/^```[\s\S]*?^```/gm, "");
    const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
      anchorOf(title!.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")),
    );
    return [...headings, ...[...text.matchAll(/<a (?:id|name)="([^"]+)"/g)].map(([, id]) => id!)];
  };

  test("TD10 every link between pages leads to a file, and to a heading that is there", () => {
    const broken: string[] = [];
    const every = everyPage();
    for (const page of [...pages(), "CHANGELOG.md", "SECURITY.md", "rust/wire/PROTOCOL.md"])
      expect(every).toContain(page);
    for (const page of every) {
      const text = read(page)
        .replaceAll(/^```[\s\S]*?^```/gm, "")
        .replaceAll(/`[^`\n]*`/g, "");
      for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^(?:https?:|mailto:)/.test(target!)) continue;
        const [path, anchor] = target!.split("#");
        const to = path === "" ? page : normalize(join(dirname(page), path!)).replaceAll("\\", "/");
        if (!existsSync(join(root, to))) broken.push(`${page}: ${target}`);
        else if (anchor && to.endsWith(".md") && !anchors(to).includes(anchor))
          broken.push(`${page}: ${target} (no such heading)`);
      }
    }
    expect(broken).toEqual([]);
  });

  test("TD11 every page of docs/ is named in its index", () => {
    const index = read("docs/README.md");
    const own = pages().filter((page) => page.startsWith("docs/") && page !== "docs/README.md");
    expect(own.filter((page) => !index.includes(`(${page.slice("docs/".length)})`))).toEqual([]);
  });

  test("TD12 every page of docs/ has an example", () => {
    const own = pages().filter((page) => /^docs\/(?!README)/.test(page));
    expect(own.filter((page) => !/^```/m.test(read(page)))).toEqual([]);
  });
});
