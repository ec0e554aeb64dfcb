// examples/kernel from the packed tarball, outside of the repository, under `wrangler dev`: what its README says, over a kill as well.
import { cpSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "../harness/environment.ts";
import { Project } from "../harness/packages/project.ts";
import { Registry } from "../harness/packages/registry.ts";
import { freePort } from "../harness/server/free-port.ts";

const EXAMPLE = join(root, "examples/kernel");
const PACKAGES = ["@endo/eventual-send", "@endo/far", "@endo/harden", "@endo/marshal", "@endo/pass-style", "ses"];
const MADE = /^(?:node_modules|\.wrangler|worker-configuration\.d\.ts)$/;

let registry: Registry;
let project: Project;
beforeAll(async () => {
  registry = await Registry.start({ packages: PACKAGES, modules: ["esbuild"] });
  project = new Project(registry.environment);
});
afterAll(async () => {
  await project?.[Symbol.asyncDispose]();
  await registry?.[Symbol.asyncDispose]();
});

test("K52 examples/kernel from the tarball: links to objects work, and outlive the Worker", async () => {
  for (const name of readdirSync(EXAMPLE))
    if (!MADE.test(name)) cpSync(join(EXAMPLE, name), join(project.home, name), { recursive: true });
  await project.run("npm install");
  expect(await project.run("npm run bundle")).toMatch(/poll\.json +\d+\.\d kB of 1024 kB +sha256 [0-9a-f]{64}/);
  await project.run("npm run check");

  const port = await freePort();
  const start = () => project.start(`npm run dev -- --ip 127.0.0.1 --port ${port}`, /Ready on/);
  const post = async (path: string, body: object = {}) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method: "POST", body: JSON.stringify(body) });
    return (await answer.json()) as Record<string, unknown>;
  };
  const call = (url: unknown, method: string, ...args: unknown[]) => post("/call", { url, method, args });

  const first = await start();
  const poll = await post("/polls", { question: "tea?", choices: ["yes", "no"], voters: 2 });
  const [one, two] = poll["ballots"] as string[];
  for (const url of [poll["result"], one, two]) expect(url).toMatch(/^ocap:[\w-]{43}@example$/);
  expect(await call(one, "question")).toEqual({ answer: "tea?" });
  expect(await call(one, "vote", "yes")).toEqual({ answer: null });
  expect(await post("/clicks")).toEqual({ clicks: 1 });
  await first.stop();

  await start();
  expect(await call(one, "vote", "yes")).toMatchObject({
    code: "REJECTED",
    data: { body: expect.stringContaining("used") },
  });
  expect(await call(two, "vote", "maybe")).toMatchObject({ code: "REJECTED" });
  expect(await call(two, "vote", "no")).toEqual({ answer: null });
  expect(await call(poll["result"], "read")).toEqual({
    answer: [
      ["yes", 1],
      ["no", 1],
    ],
  });
  expect(await call(two, "read")).toMatchObject({ code: "REJECTED" });
  expect(await call(`ocap:${"A".repeat(43)}@example`, "read")).toMatchObject({ code: "UNKNOWN_URL" });
  expect(await post("/clicks")).toEqual({ clicks: 2 });
});
