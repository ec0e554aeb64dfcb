// @ferrule/core as somebody else gets it: packed, installed from the tarball without a network, and run by one and the same program
// in a Worker, in Node and in a Vite page in Chromium.
import { join } from "node:path";
import { build, preview } from "vite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { unstable_startWorker } from "wrangler";
import { browserTest } from "../harness/chromium.ts";
import { Somebody } from "../harness/somebody.ts";

const somebody = new Somebody();
const { home } = somebody;

/** Somebody's program, the same in every runtime: a message goes up, is stamped, and comes down again. */
const USE = `
import { Crc32, crc32, decode, encode, encodeText, liveHandles, lz4Compress, lz4Decompress, ready, relay, uuidBytes, WireError } from "@ferrule/core";

function refusal(bytes: Uint8Array): string {
  try {
    decode("up", bytes);
    return "none";
  } catch (error) {
    return error instanceof WireError ? error.code : String(error);
  }
}

export async function use() {
  await ready;
  const id = uuidBytes("0199a0b0-c0d0-7e0f-8011-223344556677")!;
  const kind = relay.read("up", encodeText("MSG", id, 0, "hello"));
  const stamped = relay.stamp(42, 1_795_176_000_250, 7);
  const frame = decode("down", stamped);
  const text = "ferrule ".repeat(2_000);
  const raw = new TextEncoder().encode(text);
  const sum = new Crc32().update(raw.subarray(0, 9)).update(raw.subarray(9));
  const whole = sum.digest() === crc32(raw);
  sum[Symbol.dispose]();
  return {
    kind,
    stamped: Array.from(stamped, (byte) => byte.toString(16).padStart(2, "0")).join(""),
    text: "skip" in frame || frame.kind !== "MSG" ? null : frame.body.text,
    credit: encode({ kind: "CREDIT", body: { consumed: 65_600 } }).length,
    refused: refusal(stamped),
    lz4: lz4Decompress(lz4Compress(raw), raw.length).length,
    whole,
    handles: liveHandles(),
  };
}
`;

const EXPECTED = {
  kind: 4,
  // E4 of PROTOCOL.md section 18.
  stamped: "570104002afad5cfc69f34100199a0b0c0d07e0f80112233445566770707000568656c6c6fd43065cc",
  text: "hello",
  credit: 16,
  refused: "bad_stamp",
  lz4: 16_000,
  whole: true,
  handles: 0,
};

beforeAll(() => {
  somebody.install(["@ferrule/core"]);
  somebody.write("use.ts", USE);
});
afterAll(() => somebody[Symbol.dispose]());

test("the tarball holds what package.json exports and none of the sources", () => {
  const { files, exported } = somebody.installed("@ferrule/core");
  for (const path of exported) expect(files).toContain(path);
  expect(files.filter((name) => /^(?:src|test)\b|\.test\.|[^d]\.ts$/.test(name))).toEqual([]);
});

test.each(["nodenext", "esnext"])("the program compiles strictly with module %s, and runs in Node", (module) => {
  const compilerOptions = {
    module,
    moduleResolution: module === "nodenext" ? module : "bundler",
    target: "es2022",
    lib: ["es2023", "dom", "esnext.disposable"],
    types: [],
    strict: true,
    skipLibCheck: false,
    outDir: `out-${module}`,
  };
  somebody.write("tsconfig.json", JSON.stringify({ compilerOptions, files: ["use.ts"] }));
  expect(somebody.run("tsc", ["-p", "."])).toBe("");
  somebody.write(
    "main.mjs",
    `import { use } from "./out-${module}/use.js";\nconsole.log(JSON.stringify(await use()));\n`,
  );
  expect(JSON.parse(somebody.run(process.execPath, ["main.mjs"]))).toEqual(EXPECTED);
});

test("a Node host may load the module itself", () => {
  somebody.write(
    "own.mjs",
    `import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { crc32, initSync } from "@ferrule/core/init";
initSync({ module: readFileSync(fileURLToPath(import.meta.resolve("@ferrule/core/wasm"))) });
console.log(crc32(new TextEncoder().encode("123456789")).toString(16));\n`,
  );
  expect(somebody.run(process.execPath, ["own.mjs"]).trim()).toBe("cbf43926");
});

test("the program runs in a Worker", async () => {
  somebody.write(
    "worker.ts",
    `import { use } from "./use";\nexport default { fetch: async () => Response.json(await use()) } satisfies ExportedHandler;\n`,
  );
  somebody.write(
    "wrangler.json",
    JSON.stringify({ name: "somebody", main: "worker.ts", compatibility_date: "2026-11-01", compatibility_flags: [] }),
  );
  const server = { hostname: "127.0.0.1", port: 0 };
  const worker = await unstable_startWorker({
    config: join(home, "wrangler.json"),
    dev: { server, inspector: false, logLevel: "error", persist: false },
  });
  try {
    const answer = await fetch((await worker.url).href);
    expect(await answer.json()).toEqual(EXPECTED);
  } finally {
    await worker.dispose();
  }
});

browserTest("the program runs in a page that Vite has built, in Chromium", async (browser) => {
  somebody.write("index.html", `<!doctype html><title>page</title><script type="module" src="./page.ts"></script>`);
  somebody.write(
    "page.ts",
    `import { use } from "./use";\nuse().then((found) => { document.title = JSON.stringify(found); });\n`,
  );
  const quiet = { root: home, configFile: false as const, logLevel: "error" as const };
  await build({ ...quiet, build: { outDir: "page", target: "es2022" } });
  const server = await preview({ ...quiet, build: { outDir: "page" }, preview: { host: "127.0.0.1", port: 0 } });
  try {
    const page = await browser.newPage();
    await page.goto(server.resolvedUrls!.local[0]!);
    await page.waitForFunction(() => document.title.startsWith("{"));
    expect(JSON.parse(await page.title())).toEqual(EXPECTED);
  } finally {
    await server.close();
  }
});
