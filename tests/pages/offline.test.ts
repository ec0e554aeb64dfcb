// P31: `npm start` where there is no network: in a network namespace of its own, which has a loopback and nothing else. Linux only.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { root } from "../harness/environment.ts";
import { pythonTest as test } from "../harness/python/python.ts";
import { npmStart, type Start } from "./npm-start.ts";

const NAMESPACE = ["unshare", "--user", "--map-root-user", "--net", "--"];
const LOOPBACK = "ip link set lo up";

const works = ([command, ...args]: readonly string[]) => spawnSync(command!, args).status === 0;
const separable = works([...NAMESPACE, "sh", "-c", `${LOOPBACK} && nsenter --version`]);
const traceable = separable && works(["strace", "--seccomp-bpf", "-f", "-o", "/dev/null", "true"]);
const suffix = separable ? "" : " (skipped: this system lets nobody make a network namespace)";

const home = mkdtempSync(join(tmpdir(), "ferrule-offline-"));
const trace = join(home, "trace");
const temporary = join(home, "tmp");
mkdirSync(temporary);
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Asked in turn: path, and a form where one is posted. */
const VISITS = [
  ["/"],
  ["/pages"],
  ["/hello"],
  ["/form"],
  ["/form", { name: "Ada", message: "nobody out there" }],
  ["/counter"],
  ["/py/"],
  ["/py/hello"],
  ["/py/form"],
  ["/py/form", { name: "Ada", message: "nobody out there" }],
  ["/py/counter"],
  ["/openapi.json"],
  ["/api/health"],
] as const;

/** Runs inside the namespace: prints an array of [path, status, text]. */
const VISITOR = `
const [url, visits] = JSON.parse(process.argv[1]);
const told = [];
for (const [path, fields] of visits) {
  const answer = await fetch(url + path, fields && { method: "POST", body: new URLSearchParams(fields) });
  told.push([path, answer.status, await answer.text()]);
}
const outside = await fetch("http://192.0.2.1/").then(() => "reached", (error) => error.cause.code);
console.log(JSON.stringify({ told, outside }));
`;

interface Report {
  readonly told: readonly (readonly [path: string, status: number, text: string])[];
  /** What came of asking an address that is not this machine. */
  readonly outside: string;
}

describe.skipIf(!separable)(`without a network${suffix}`, () => {
  let started: Start;
  let report: Report;
  beforeAll(async () => {
    const traced = traceable
      ? `strace -f --seccomp-bpf -e trace=connect,sendto,sendmsg,sendmmsg -o ${trace} "$@"`
      : '"$@"';
    started = await npmStart({
      state: join(home, "state"),
      // without what others left there: tools keep for an hour what they learnt from the network
      temporary,
      within: [...NAMESPACE, "sh", "-c", `${LOOPBACK} && exec ${traced}`, "sh"],
    });
    const enter = ["--target", String(started.pid), "--user", "--net", "--preserve-credentials"];
    const visitor = ["node", "--input-type=module", "-e", VISITOR, JSON.stringify([started.url, VISITS])];
    const { status, stdout, stderr } = spawnSync("nsenter", [...enter, ...visitor], { cwd: root, encoding: "utf8" });
    if (status !== 0) throw new Error(`the visitor failed: ${stderr}\n${started.said()}`);
    report = JSON.parse(stdout);
  });
  afterAll(() => started?.[Symbol.asyncDispose]());

  test("P31: there is no way out of it", () => {
    expect(report.outside).toBe("ENETUNREACH");
  });

  test("P31: npm start serves every page in both languages", () => {
    expect(started.said()).toMatch(/^ {2}Python pages: ready/m);
    expect(report.told.map(([path, status]) => [path, status])).toEqual(VISITS.map(([path]) => [path, 200]));
    const texts = (path: string) => report.told.filter(([asked]) => asked === path).map(([, , text]) => text);
    expect(texts("/counter")).toEqual(["count=1"]);
    expect(texts("/py/counter")).toEqual(["count=1"]);
    expect(texts("/py/hello").join()).toMatch(/Python 3\.\d+/);
    expect(texts("/py/form")).toEqual(texts("/form"));
    expect(texts("/form")[1]).toContain("nobody out there");
  });

  test("P31: no process of it so much as tries to reach beyond this machine", ({ skip }) => {
    if (!traceable) return skip("there is no strace that may look");
    const lines = readFileSync(trace, "utf8").split("\n");
    const addressed = lines.filter((line) => /sin6?_port/.test(line));
    const near = /inet_addr\("127\.[\d.]+"\)|inet_pton\(AF_INET6, "(?:::1|::ffff:127\.[\d.]+)"/;
    // The trace is of the right processes: they spoke with each other.
    expect(addressed.filter((line) => near.test(line)).length).toBeGreaterThan(0);
    expect(addressed.filter((line) => !near.test(line))).toEqual([]);
  });
});
