// `npm run deploy` and the Python Worker, against the made-up account: it goes first, both share the environment's suffix and the
// database, and where it cannot go the main one goes without it and says why.
import { mkdirSync, rmSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { mergedPython, readPythonConfig, whyNoPython } from "../../../scripts/deploy/python.mjs";
import { root } from "../../harness/environment.ts";
import { makeHouse } from "./deploy-house.ts";

let house: ReturnType<typeof makeHouse>;
beforeEach(() => {
  house = makeHouse();
});
afterEach(() => house.remove());

const MODULES = "worker-py/python_modules";
const worker = (name: string) => house.account().workers[name];

describe("deploy of the Python Worker", () => {
  test("it goes before the main one, which binds it, with the same database", async () => {
    await house.go();
    expect(house.calls("deploy").map((call) => /production\.\S+/.exec(call)![0])).toEqual([
      "production.py/wrangler.json",
      "production.wrangler.json",
    ]);
    const [database] = house.account().d1;
    expect(worker("ferrule-py")).toEqual({
      uploads: 1,
      secrets: {},
      config: {
        name: "ferrule-py",
        main: "../../worker-py/src/entry.py",
        compatibility_flags: ["python_workers"],
        d1_databases: [{ binding: "DB", database_name: "ferrule", database_id: database!.uuid }],
        workers_dev: false,
        preview_urls: false,
      },
    });
    expect(worker("ferrule")!.config).toMatchObject({ services: [{ binding: "PY", service: "ferrule-py" }] });
    expect(house.calls("d1 migrations")).toHaveLength(1);
  });

  test("the address that is told is the main Worker's", async () => {
    expect(await house.go()).toBe("https://ferrule.ada.workers.dev");
    expect(worker("ferrule")!.secrets["BETTER_AUTH_URL"]).toBe("https://ferrule.ada.workers.dev");
  });

  test("another environment has one of its own, on its own database", async () => {
    await house.go();
    await house.go({ env: "dev" });
    const database = house.account().d1.find(({ name }) => name === "ferrule-dev");
    expect(worker("ferrule-py-dev")!.config).toMatchObject({ d1_databases: [{ database_id: database!.uuid }] });
    expect(worker("ferrule-dev")!.config).toMatchObject({ services: [{ binding: "PY", service: "ferrule-py-dev" }] });
    expect(worker("ferrule-py")!.uploads).toBe(1);
  });

  test("each is uploaded when its own source has changed, and only then", async () => {
    await house.go();
    await house.go({ python: "v2" });
    expect([worker("ferrule-py")!.uploads, worker("ferrule")!.uploads]).toEqual([2, 1]);
    await house.go({ python: "v2", source: "v2" });
    expect([worker("ferrule-py")!.uploads, worker("ferrule")!.uploads]).toEqual([2, 2]);
  });

  test("one that was deleted on Cloudflare is uploaded again", async () => {
    await house.go();
    const { "ferrule-py": _gone, ...workers } = house.account().workers;
    house.change({ workers });
    await house.go();
    expect(worker("ferrule-py")!.uploads).toBe(1);
  });

  test("--without PY leaves both out: nothing of it is asked or uploaded", async () => {
    await house.go({ without: ["PY"] });
    expect(Object.keys(house.account().workers)).toEqual(["ferrule"]);
    expect(worker("ferrule")!.config).not.toHaveProperty("services");
    await house.go({ without: [] });
    expect(worker("ferrule")).toMatchObject({ uploads: 2, config: { services: [{ service: "ferrule-py" }] } });
    expect(worker("ferrule-py")!.uploads).toBe(1);
  });

  test("without its packages both go without it, with set-up's reason, until they are there", async () => {
    rmSync(house.file(MODULES), { recursive: true });
    house.write("worker-py/.pyodide/state.json", JSON.stringify({ ready: false, reason: "pip was not found." }));
    expect(await house.go()).toBe("https://ferrule.ada.workers.dev");
    expect(house.said).toContain("left out   PY: worker-py/python_modules is missing: pip was not found.");
    expect(Object.keys(house.account().workers)).toEqual(["ferrule"]);
    expect(worker("ferrule")!.config).not.toHaveProperty("services");
    for (const name of ["starlette-1.10.0.dist-info", "python_multipart-0.0.34.dist-info", "starlette"])
      mkdirSync(house.file(`${MODULES}/${name}`), { recursive: true });
    house.write(`${MODULES}/starlette/__init__.py`, "");
    await house.go();
    expect(worker("ferrule")!.config).toHaveProperty("services");
    expect(worker("ferrule-py")!.uploads).toBe(1);
  });

  test("packages of another version than the one asked for are not uploaded", async () => {
    house.write("worker-py/requirements.txt", "starlette==1.11.0\npython-multipart==0.0.34\n");
    await house.go();
    expect(house.said).toContain("left out   PY: worker-py/python_modules lacks starlette-1.11.0");
    expect(Object.keys(house.account().workers)).toEqual(["ferrule"]);
  });

  test("the packages are looked for after the build, which installs them", async () => {
    rmSync(house.file(MODULES), { recursive: true });
    const build = async () => {
      for (const name of ["starlette-1.10.0.dist-info", "python_multipart-0.0.34.dist-info"])
        mkdirSync(house.file(`${MODULES}/${name}`), { recursive: true });
      house.write(`${MODULES}/starlette/__init__.py`, "");
    };
    await house.go({ build });
    expect(worker("ferrule-py")!.uploads).toBe(1);
  });

  test("a failed upload is told, with the way around it, and the main Worker is left alone", async () => {
    house.change({ fail: `deploy --config ${house.file(".ferrule/production.py")}` });
    await expect(house.go()).rejects.toThrow(/Cloudflare API failed[\s\S]*npm run deploy -- --without PY/);
    expect(house.account().workers).toEqual({});
  });

  test("a dry run checks both and makes neither", async () => {
    await house.go({ dryRun: true });
    expect(house.said.filter((line) => /deploy|Upload/.test(line))).toEqual([
      "would deploy ferrule-py",
      "Total Upload: 12.00 KiB / gzip: 4.00 KiB",
      "would deploy ferrule",
      "Total Upload: 12.00 KiB / gzip: 4.00 KiB",
    ]);
    expect(house.account().workers).toEqual({});
  });

  test("a dry run without the packages says so and checks the main Worker", async () => {
    rmSync(house.file(MODULES), { recursive: true });
    await house.go({ dryRun: true });
    expect(house.said).toContain("left out   PY: worker-py/python_modules is missing: npm run setup makes it");
    expect(house.calls("deploy")).toHaveLength(1);
  });
});

describe("the house's own Python Worker", () => {
  test("binds the database of the main one, and is no Worker of anybody's who finds its address", () => {
    const own = readPythonConfig(root);
    const made = mergedPython(own, { "d1:ferrule": "the id" });
    expect(made).toMatchObject({ name: "ferrule-py", workers_dev: false, preview_urls: false });
    expect(made.d1_databases).toEqual([{ binding: "DB", database_name: "ferrule", database_id: "the id" }]);
  });
  test("the names of its packages' folders are understood", () => {
    // Where set-up could not install them, all are missing; none may be misnamed.
    expect(whyNoPython(root) ?? "nothing is missing").toContain("is missing");
  });
});
