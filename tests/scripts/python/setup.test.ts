// The set-up step "python": what it says when something is missing (P27, P28), that it then stops nobody, what a second run does, and
// what makes it try again. Everything around it is made up; that the real parts work together, the tests of the pages show.
import { existsSync, readdirSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { lineOf, readPython } from "../../../scripts/python/state.mjs";
import { buildPythonHouse, LOADER, type PythonHouse } from "./house";

let house: PythonHouse;
beforeEach(() => {
  house = buildPythonHouse();
});
afterEach(() => house[Symbol.dispose]());

/** How often pip was asked to install. */
const installs = () =>
  existsSync(house.file("calls")) ? readFileSync(house.file("calls"), "utf8").split("\n").length - 1 : 0;
const state = () => JSON.parse(readFileSync(house.file("worker-py/.pyodide/state.json"), "utf8"));
/** The reason that a run leaves; fails when Python is ready. */
async function reason(asked = false): Promise<string> {
  const { python } = await house.run(asked);
  if (python.ready) throw new Error("ready");
  expect(state()).toMatchObject({ ready: false, reason: python.reason });
  expect(lineOf(python)).toBe(`Python pages: off, because ${python.reason}`);
  return python.reason;
}

describe("set-up of Python", () => {
  test("when nothing is missing all is made, and the line says which Python", async () => {
    const { done, python } = await house.run();
    expect(done).toBe(true);
    expect(lineOf(python)).toBe("Python pages: ready (Python 3.14.2)");
    expect(python).toMatchObject({
      config: "worker-py/wrangler.local.jsonc",
      environment: {
        MINIFLARE_WORKERD_PATH: house.file("scripts/python/workerd-offline.sh"),
        FERRULE_WORKERD: house.file("bin/workerd"),
      },
    });
    // What pip writes for the host is not part of a Worker; nothing half-made is left.
    expect(readdirSync(house.file("worker-py/python_modules"))).toEqual(["starlette"]);
    expect(readdirSync(house.file("worker-py/.pyodide")).sort()).toEqual([
      "baseline.bin",
      "pip.log",
      "pyodide_dev.capnp.bin",
      "state.json",
      "workerd.log",
    ]);
    expect(state()).toMatchObject({ ready: true, workerd: "1.20261117.1", pyodide: "314.0.6" });
    expect(state().requirementsHash).toMatch(/^[0-9a-f]{64}$/);
  });

  test("pip is told to take wheels by their hashes for workerd's Python, and to resolve nothing", async () => {
    await house.run();
    const words = readFileSync(house.file("calls"), "utf8");
    for (const word of [
      "--require-hashes",
      "--only-binary=:all:",
      "--no-deps",
      "--no-compile",
      "--python-version 3.14",
    ])
      expect(words).toContain(word);
  });

  test("P27 no pip", async () => {
    rmSync(house.file("bin/python3"));
    expect(await reason()).toBe("pip was not found. Install Python 3 with pip and run: npm run setup:python");
  });

  test("P27 as root with apt-get a missing pip is installed", async () => {
    const pip = readFileSync(house.file("bin/python3"), "utf8");
    rmSync(house.file("bin/python3"));
    house.put("pip", pip);
    house.program(
      "bin/apt-get",
      `#!/bin/sh\necho "$@" >> "$CALLS.apt"\nif [ "$1" = install ]; then /bin/cp ${house.file("pip")} ${house.file("bin/pip3")} && /bin/chmod +x ${house.file("bin/pip3")}; fi\n`,
    );
    const { python } = await house.run();
    const mayInstall = process.getuid?.() === 0;
    expect(python.ready).toBe(mayInstall);
    expect(existsSync(house.file("calls.apt"))).toBe(mayInstall);
    if (mayInstall)
      expect(readFileSync(house.file("calls.apt"), "utf8")).toMatch(/^update .*\ninstall .*python3-pip\n$/);
  });

  test("P27 pip cannot install: its words are in the log, what stood before stays", async () => {
    await house.run();
    house.put("worker-py/requirements.txt", "starlette==2\n");
    house.program("bin/python3", '#!/bin/sh\nif [ "$3" = --version ]; then exit 0; fi\necho no network >&2\nexit 1\n');
    expect(await reason()).toBe(
      "pip could not install worker-py/requirements.txt (see worker-py/.pyodide/pip.log); run: npm run setup:python",
    );
    expect(readFileSync(house.file("worker-py/.pyodide/pip.log"), "utf8")).toContain("no network");
    expect(readdirSync(house.file("worker-py/python_modules"))).toEqual(["starlette"]);
    expect(readdirSync(house.file("worker-py/.pyodide")).join()).not.toContain("packages-");
  });

  test("P27 no npm pyodide", async () => {
    rmSync(house.file("node_modules/pyodide"), { recursive: true });
    expect(await reason()).toBe('the dev dependency "pyodide" is not installed: npm install');
  });

  test("P27 workerd refuses the bundle: its last lines are told, and all of them logged", async () => {
    house.program("bin/workerd", "#!/bin/sh\nexec >&2\necho one\necho two\necho\necho three\necho four\nexit 1\n");
    expect(await reason()).toBe("workerd refused the bundle: two | three | four");
    expect(readFileSync(house.file("worker-py/.pyodide/workerd.log"), "utf8")).toContain("one");
  });

  test("P27 workerd cannot be run at all", async () => {
    rmSync(house.file("bin/workerd"));
    expect(await reason()).toMatch(/^workerd refused the bundle: .*ENOENT/);
  });

  test("P28 another workerd or another pyodide than the proven ones is named, with both proven ones", async () => {
    house.install("workerd", "1.20261231.0");
    expect(await reason()).toBe(
      "workerd 1.20261231.0 is installed, but worker-py/versions.json was proven with 1.20261117.1 and pyodide 314.0.6. Change both together.",
    );
    house.install("workerd", "1.20261117.1");
    house.install("pyodide", "314.0.7");
    expect(await reason()).toBe(
      "pyodide 314.0.7 is installed, but worker-py/versions.json was proven with 314.0.6 and workerd 1.20261117.1. Change both together.",
    );
    expect(installs()).toBe(0);
  });

  test("P30 a pyodide without an expected name stops, naming it", async () => {
    house.put("node_modules/pyodide/pyodide.asm.mjs", LOADER.replace("Date.now", "Date.then"));
    expect(await reason()).toMatch(/^this pyodide is not the expected one: "Date\.now" is not in pyodide\.asm\.mjs/);
  });

  test("P33 a package with compiled code is refused by name", async () => {
    const pip = readFileSync(house.file("bin/python3"), "utf8");
    house.program("bin/python3", `${pip}echo x > "$target/starlette/fast.cpython-314-x86_64.so"\n`);
    expect(await reason()).toMatch(/brings compiled code \(starlette.fast\.cpython-314-x86_64\.so\)/);
    expect(existsSync(house.file("worker-py/python_modules"))).toBe(false);
  });

  test("a versions.json that cannot be read is named", async () => {
    house.put("worker-py/versions.json", "{");
    expect(await reason()).toMatch(/^worker-py\/versions\.json cannot be read: /);
  });

  test("what nobody foresaw is a reason too, in one line", async () => {
    house.put("node_modules/pyodide/pyodide-lock.json", "{\n\n}");
    expect(await reason()).toMatch(/^set-up did not end: [^\n]+$/);
  });

  test("on Windows the packages are installed, for deploy, and the pages are off with the reason", async () => {
    const { setupPython } = await import("../../../scripts/python/setup.mjs");
    await setupPython({ house: house.folder, env: house.env, platform: "win32" });
    expect(readPython(house.folder, "win32")).toEqual({
      ready: false,
      reason: expect.stringContaining("Linux and macOS only"),
    });
    expect(readdirSync(house.file("worker-py/python_modules"))).toEqual(["starlette"]);
    expect(state()).toMatchObject({ ready: false, reason: expect.stringContaining("Linux and macOS only") });
  });
});

describe("a second run", () => {
  test("does nothing while nothing has changed", async () => {
    await house.run();
    expect(await house.run()).toMatchObject({ done: false, python: { ready: true } });
    expect((await house.run(true)).done).toBe(false);
    expect(installs()).toBe(1);
  });

  test.each([
    ["requirements", () => house.put("worker-py/requirements.txt", "starlette==1.10.1\n")],
    [
      "the proven versions",
      () => house.put("worker-py/versions.json", '{"workerd":"1.20261117.1","pyodide":"314.0.6","python":"3.15"}'),
    ],
    [
      "both npm packages and versions.json",
      () => {
        house.install("workerd", "2");
        house.install("pyodide", "3");
        house.put("worker-py/versions.json", '{"workerd":"2","pyodide":"3","python":"3.14"}');
      },
    ],
  ])("makes all again after a change of %s", async (_what, change) => {
    await house.run();
    change();
    expect(await house.run()).toMatchObject({ done: true, python: { ready: true } });
    expect(installs()).toBe(2);
  });

  test("follows wrangler.jsonc without making anything else", async () => {
    await house.run();
    house.put("worker-py/wrangler.jsonc", '{ "name": "other", "compatibility_date": "2026-11-01" }');
    expect((await house.run()).done).toBe(false);
    expect(readFileSync(house.file("worker-py/wrangler.local.jsonc"), "utf8")).toContain('"name": "other"');
  });

  test("leaves a failed download alone until somebody asks for it by name", async () => {
    const pip = readFileSync(house.file("bin/python3"), "utf8");
    house.program("bin/python3", '#!/bin/sh\nif [ "$3" = --version ]; then exit 0; fi\nexit 1\n');
    const first = await reason();
    house.program("bin/python3", pip);
    expect(await house.run()).toMatchObject({ done: false, python: { ready: false, reason: first } });
    expect((await house.run(true)).python.ready).toBe(true);
  });

  test("takes a pip that has come since", async () => {
    const pip = readFileSync(house.file("bin/python3"), "utf8");
    rmSync(house.file("bin/python3"));
    await reason();
    expect((await house.run()).done).toBe(false);
    house.program("bin/python3", pip);
    expect((await house.run()).python.ready).toBe(true);
  });
});

describe("readPython", () => {
  test("without set-up it is off", () => {
    expect(readPython(house.folder, "linux")).toEqual({
      ready: false,
      reason: "they are not set up; run: npm run setup:python",
    });
  });

  test.each([
    "worker-py/.pyodide/pyodide_dev.capnp.bin",
    "worker-py/.pyodide/baseline.bin",
    "worker-py/wrangler.local.jsonc",
    "worker-py/python_modules/starlette",
    "worker-py/python_modules",
  ])("P26 %s was removed after set-up: off with its name, until somebody asks for set-up", async (path) => {
    await house.run();
    rmSync(house.file(path), { recursive: true });
    const off = { ready: false, reason: expect.stringMatching(`^${path}.* is gone; run: npm run setup:python$`) };
    expect(readPython(house.folder, "linux")).toEqual(off);
    expect((await house.run(true)).python.ready).toBe(true);
  });

  test("P26 a plain set-up, which every start does, does not bring a removed bundle back", async () => {
    await house.run();
    rmSync(house.file("worker-py/.pyodide/pyodide_dev.capnp.bin"));
    expect(await house.run()).toMatchObject({ done: false, python: { ready: false } });
  });

  test("on Windows what Linux set up in the same folder is off", async () => {
    await house.run();
    expect(readPython(house.folder, "win32").ready).toBe(false);
  });

  test("a bundle that was cut short would stop the whole workerd: off", async () => {
    await house.run();
    truncateSync(house.file("worker-py/.pyodide/pyodide_dev.capnp.bin"), 8);
    expect(readPython(house.folder, "linux")).toMatchObject({
      ready: false,
      reason: expect.stringContaining("damaged"),
    });
  });

  test("another workerd than the one it was set up for, or none: off", async () => {
    await house.run();
    house.install("workerd", "1.20270101.0");
    expect(readPython(house.folder, "linux")).toMatchObject({
      ready: false,
      reason: expect.stringContaining("now 1.20270101.0 is"),
    });
    rmSync(house.file("node_modules/workerd"), { recursive: true });
    expect(readPython(house.folder, "linux")).toMatchObject({
      ready: false,
      reason: expect.stringContaining("now none is"),
    });
  });

  test("a state.json that says nothing sensible: off, not an error", async () => {
    house.put("worker-py/.pyodide/state.json", '{ "ready": true, "workerd": "1.20261117.1" }');
    expect(readPython(house.folder, "linux")).toMatchObject({
      ready: false,
      reason: expect.stringContaining("cannot be read"),
    });
    house.put("worker-py/.pyodide/state.json", "{");
    expect(readPython(house.folder, "linux")).toMatchObject({ ready: false });
  });

  test("a house that is moved takes its Python along", async () => {
    await house.run();
    const { cpSync } = await import("node:fs");
    using other = buildPythonHouse();
    rmSync(other.file("worker-py"), { recursive: true });
    cpSync(house.file("worker-py"), other.file("worker-py"), { recursive: true });
    expect(readPython(other.folder, "linux")).toMatchObject({
      ready: true,
      environment: { FERRULE_WORKERD: other.file("bin/workerd") },
    });
  });
});
