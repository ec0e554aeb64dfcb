// The parts of the local Python, the real ones: the bundle made of the installed pyodide (P29, P30), the packages (P33), the local
// configuration (P34), the script that stands in for workerd. No workerd is started here.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseJsonc } from "../../../scripts/deploy/config.mjs";
import { devArguments, pythonArguments } from "../../../scripts/local.mjs";
import { adaptLoader, encodeBundle, makeBundle } from "../../../scripts/python/bundle.mjs";
import { LOCAL_FLAGS, localConfig, localText } from "../../../scripts/python/config.mjs";
import { compiledIn } from "../../../scripts/python/packages.mjs";
import { lastWords } from "../../../scripts/python/snapshot.mjs";
import {
  BUNDLE,
  CONFIG,
  LOCAL_CONFIG,
  PACKAGES,
  REQUIREMENTS,
  VERSIONS,
  versionOf,
} from "../../../scripts/python/state.mjs";
import { root } from "../../harness/environment";
import { pythonTest } from "../../harness/python/python";
import { LOADER } from "./house";

const read = (path: string) => readFileSync(join(root, path), "utf8");
const pyodide = (name: string) => readFileSync(join(root, "node_modules/pyodide", name));
const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

interface Decoded {
  readonly type: number;
  readonly payload: number;
  readonly name: string;
  readonly content: Buffer;
}

/** Reads a bundle by the rules of Cap'n Proto, following every pointer: the other direction, written apart from the encoder. */
function decodeBundle(message: Buffer): Decoded[] {
  expect(message.readUInt32LE(0)).toBe(0); // one segment
  const segment = message.subarray(8);
  expect(segment.length).toBe(message.readUInt32LE(4) * 8);
  const follow = (at: number, kind: number) => {
    const word = segment.readBigUInt64LE(at);
    expect(Number(word & 3n)).toBe(kind);
    const offset = Number(BigInt.asIntN(30, (word >> 2n) & 0x3fffffffn));
    return { target: at + 8 + offset * 8, size: Number((word >> 32n) & 7n), count: Number(word >> 35n) };
  };
  const bytesAt = (at: number) => {
    const { target, size, count } = follow(at, 1);
    expect(size).toBe(2);
    return segment.subarray(target, target + count);
  };
  const top = follow(0, 0);
  const list = follow(top.target, 1);
  expect(list.size).toBe(7);
  const elements = segment.readUInt32LE(list.target) >> 2;
  const stride = (segment.readUInt16LE(list.target + 4) + segment.readUInt16LE(list.target + 6)) * 8;
  expect(list.count * 8).toBe(elements * stride);
  return Array.from({ length: elements }, (_, index) => {
    const at = list.target + 8 + index * stride;
    const name = bytesAt(at + 8);
    expect(name.at(-1)).toBe(0);
    const [type, payload] = [segment.readUInt16LE(at), segment.readUInt16LE(at + 2)];
    return { type, payload, name: name.subarray(0, -1).toString(), content: bytesAt(at + 16) };
  });
}

describe("the bundle", () => {
  test("P29 is the same bytes every time", () => {
    expect(sha256(makeBundle(pyodide))).toBe(sha256(makeBundle(pyodide)));
  });

  test("holds three modules, with what pyodide has under those names", () => {
    const modules = decodeBundle(makeBundle(pyodide));
    expect(modules.map(({ type, payload, name }) => [type, payload, name])).toEqual([
      [2, 0, "pyodideRuntime-internal:pyodide.asm"],
      [2, 1, "pyodideRuntime-internal:pyodide.asm.wasm"],
      [2, 2, "pyodideRuntime-internal:python_stdlib.zip"],
    ]);
    expect(sha256(modules[1]!.content)).toBe(sha256(pyodide("pyodide.asm.wasm")));
    expect(sha256(modules[2]!.content)).toBe(sha256(pyodide("python_stdlib.zip")));
    expect(modules[0]!.content.toString()).toBe(adaptLoader(pyodide("pyodide.asm.mjs").toString()));
  });

  test("any contents come out as they went in, whatever their length", () => {
    const contents = [0, 1, 7, 8, 9, 1023].map((length) => Buffer.alloc(length, "x"));
    const modules = contents.map((content, n) => ({ name: "n".repeat(n), kind: "data", content }));
    expect(decodeBundle(encodeBundle(modules)).map(({ name, content }) => [name, content])).toEqual(
      modules.map(({ name, content }) => [name, content]),
    );
    expect(decodeBundle(encodeBundle([]))).toEqual([]);
  });

  test.each([
    "new WebAssembly.Module",
    "WebAssembly.instantiate(",
    "crypto.getRandomValues(",
    "Date.now",
    "export default _createPyodideModule",
  ])("P30 a loader without %s stops the build, naming it", (expected) => {
    const loader = LOADER.replace(expected, "somethingElse");
    expect(() => adaptLoader(loader)).toThrow(
      `this pyodide is not the expected one: "${expected}" is not in pyodide.asm.mjs`,
    );
  });

  test("P30 of several that are missing the first is named", () => {
    expect(() => adaptLoader("nothing")).toThrow('"new WebAssembly.Module"');
  });

  test("the adapted loader says none of the old names and imports the new ones", () => {
    const adapted = adaptLoader(pyodide("pyodide.asm.mjs").toString());
    for (const gone of [
      /new WebAssembly\.Module\b/,
      /WebAssembly\.instantiate\(/,
      /crypto\.getRandomValues\(/,
      /\bDate\.now\b/,
    ])
      expect(adapted).not.toMatch(gone);
    expect(adapted).toMatch(/^import \{ .*newWasmModule.* \} from "pyodide-internal:builtin_wrappers";\n/);
  });
});

describe("the local configuration", () => {
  test("P34 differs from the deployed one in the flags alone, and keeps those", () => {
    const deployed = parseJsonc(read(CONFIG));
    const { compatibility_flags: flags, ...rest } = parseJsonc(localText(deployed));
    const { compatibility_flags: own, ...same } = deployed;
    expect(rest).toEqual(same);
    expect(flags).toEqual(LOCAL_FLAGS);
    expect(own).toEqual(["python_workers"]);
    expect(localConfig({ compatibility_flags: ["one"] }).compatibility_flags).toEqual(["one", ...LOCAL_FLAGS]);
  });

  pythonTest("P34 the one that set-up made is that", () => {
    expect(read(LOCAL_CONFIG)).toBe(localText(parseJsonc(read(CONFIG))));
  });

  test("both Workers have one database and one date", () => {
    const [main, py] = [parseJsonc(read("wrangler.jsonc")), parseJsonc(read(CONFIG))];
    expect(py.d1_databases[0].database_id).toBe(main.d1_databases[0].database_id);
    expect(py.compatibility_date).toBe(main.compatibility_date);
    expect(main.services).toEqual([{ binding: "PY", service: py.name }]);
  });
});

describe("what is pinned", () => {
  test("P28 the installed workerd and pyodide are those of versions.json, and so are those of package.json", () => {
    const { workerd, pyodide: proven, python } = JSON.parse(read(VERSIONS));
    const { overrides, devDependencies } = JSON.parse(read("package.json"));
    expect([versionOf("workerd"), versionOf("pyodide")]).toEqual([workerd, proven]);
    expect([overrides.workerd, devDependencies.pyodide]).toEqual([workerd, proven]);
    expect(JSON.parse(String(pyodide("pyodide-lock.json"))).info.python).toMatch(`${python}.`);
  });

  test("P33 every package has an exact version and a hash", () => {
    const packages = read(REQUIREMENTS)
      .replaceAll("\\\n", " ")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"));
    expect(packages.length).toBeGreaterThan(0);
    for (const line of packages) expect(line).toMatch(/^[\w-]+==[\d.]+(?:\s+--hash=sha256:[0-9a-f]{64})+$/);
  });

  pythonTest("P33 no compiled code, no program of this machine and no bytecode is among the packages", () => {
    expect(compiledIn(join(root, PACKAGES))).toEqual([]);
    expect(() => readFileSync(join(root, PACKAGES, "bin"))).toThrow(/ENOENT/);
  });

  pythonTest("the bundle that set-up made is the one that is made now", () => {
    expect(sha256(readFileSync(join(root, BUNDLE)))).toBe(sha256(makeBundle(pyodide)));
  });
});

describe("what wrangler is told", () => {
  test("ready: both configurations, the public one first", () => {
    const environment = { MINIFLARE_WORKERD_PATH: "w" };
    const told = pythonArguments({ ready: true, python: "3", config: LOCAL_CONFIG, environment });
    expect(told).toEqual({ args: ["-c", "wrangler.jsonc", "-c", LOCAL_CONFIG], environment });
  });

  test("off: the reason, whatever is in it, and nothing of Python", () => {
    const told = pythonArguments({ ready: false, reason: 'a: "b" c' });
    expect(told).toEqual({ args: ["--var", 'PYTHON_OFF:a: "b" c'], environment: {} });
  });

  test("the flags of the local Worker stay last, since others read them from there", () => {
    expect(devArguments().at(-1)).toBe("unsafe_module");
  });
});

test("the last words of a command are its last lines, on one line, and not too many", () => {
  expect(lastWords("a\n\n b \nc\r\nd\n\n")).toBe("b | c | d");
  expect(lastWords("")).toBe("");
  expect(lastWords("x".repeat(9_000)).length).toBeLessThan(1_000);
});

describe("the script that stands in for workerd", () => {
  const script = join(root, "scripts/python/workerd-offline.sh");
  /** Says its process, its words, and what it hears on the open descriptor 3. */
  const WORKERD = '#!/bin/sh\necho $$\nfor word in "$@"; do echo "<$word>"; done\necho heard >&3\nexit 7\n';

  /** Runs it in a repository of its own, whose path has a space. */
  function run(snapshot: boolean, given: boolean) {
    const folder = mkdtempSync(join(tmpdir(), "ferrule house "));
    try {
      const file = (path: string) => join(folder, path);
      for (const path of ["scripts/python", "worker-py/.pyodide", "node_modules/workerd", "a b"])
        mkdirSync(file(path), { recursive: true });
      copyFileSync(script, file("scripts/python/workerd-offline.sh"));
      writeFileSync(file("a b/workerd"), WORKERD);
      for (const path of ["scripts/python/workerd-offline.sh", "a b/workerd"]) chmodSync(file(path), 0o755);
      // Asked only when the environment names no binary.
      if (!given)
        writeFileSync(
          file("node_modules/workerd/index.js"),
          `exports.default = ${JSON.stringify(file("a b/workerd"))};`,
        );
      if (snapshot) writeFileSync(file("worker-py/.pyodide/baseline.bin"), "");
      const env = { PATH: process.env["PATH"], ...(given && { FERRULE_WORKERD: file("a b/workerd") }) };
      const ended = spawnSync(file("scripts/python/workerd-offline.sh"), ["serve", "two words", "--x=$y"], {
        env,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe", "pipe"],
      });
      const [pid, ...words] = ended.stdout.trim().split("\n");
      return { ...ended, sameProcess: Number(pid) === ended.pid, words, made: file("worker-py/.pyodide") };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  test.each([true, false])("becomes workerd itself and hands all on (binary named in the environment: %s)", (given) => {
    const { status, sameProcess, output, words, made } = run(true, given);
    expect({ status, sameProcess, heard: output[3] }).toEqual({ status: 7, sameProcess: true, heard: "heard\n" });
    expect(words).toEqual([
      "<serve>",
      "<two words>",
      "<--x=$y>",
      `<--pyodide-bundle-disk-cache-dir=${made}>`,
      `<--python-snapshot-dir=${made}>`,
      "<--python-load-snapshot=baseline.bin>",
    ]);
  });

  test("without a snapshot it names none", () => {
    const { words, made } = run(false, true);
    expect(words.slice(3)).toEqual([`<--pyodide-bundle-disk-cache-dir=${made}>`]);
  });
});
