// examples/workflow from the packed tarball, outside of the repository, under `wrangler dev`: what its README says, over a stop as well.
import { cpSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "../harness/environment.ts";
import { Project } from "../harness/packages/project.ts";
import { leadBack, Registry } from "../harness/packages/registry.ts";
import { freePort } from "../harness/server/free-port.ts";

const EXAMPLE = join(root, "examples/workflow");
/** 322 packages in all, some with programs of one machine. */
const DEVKIT = ["workflow", "@workflow/core", "@workflow/errors", "@workflow/world", "@workflow/builders"];
/** For whoever builds with Vite. */
const VITE = ["@cloudflare/vite-plugin", "vite"];
const MADE = /^(?:node_modules|\.wrangler|worker-configuration\.d\.ts)$/;
const END_MS_MAX = 30_000;

let registry: Registry;
let project: Project;
beforeAll(async () => {
  registry = await Registry.start({ standIns: [...DEVKIT, ...VITE] });
  project = new Project(registry.environment);
});
afterAll(async () => {
  await project?.[Symbol.asyncDispose]();
  await registry?.[Symbol.asyncDispose]();
});

/** Reads a text that goes on until it holds `words`. */
async function readUntil(url: string, words: string): Promise<string> {
  const reader = (await fetch(url)).body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes(words)) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`the log ended with ${text}`);
    text += value;
  }
  await reader.cancel();
  return text;
}

test("WX1 examples/workflow from the tarball: an order waits, also while the Worker is stopped, and is answered", async () => {
  for (const name of readdirSync(EXAMPLE))
    if (!MADE.test(name)) {
      const filter = (path: string) => !path.includes("generated");
      cpSync(join(EXAMPLE, name), join(project.home, name), { recursive: true, filter });
    }
  await project.run("npm install");
  leadBack(project.home, DEVKIT);
  expect(await project.run("npx ferrule workflows")).toContain("workflows/generated  1 workflows (order), 2 steps");
  await project.run("npm run check");

  const port = await freePort();
  const at = (path: string) => `http://127.0.0.1:${port}${path}`;
  const start = () => project.start(`npm run dev -- --ip 127.0.0.1 --port ${port}`, /Ready on/);
  const post = async (path: string, body: object) => {
    const answer = await fetch(at(path), { method: "POST", body: JSON.stringify(body) });
    return [answer.status, await answer.json()] as const;
  };
  const order = async (item: string) => (await post("/orders", { item }))[1] as { runId: string; token: string };
  const standing = async (runId: string) => (await fetch(at(`/runs/${runId}`))).json();
  const ends = (runId: string) => expect.poll(() => standing(runId), { timeout: END_MS_MAX });

  const first = await start();
  const [tea, milk] = [await order("tea"), await order("milk")];
  expect(tea).toEqual({ runId: expect.stringMatching(/^wrun_[0-9A-Z]{26}$/), token: expect.any(String) });
  for (const [{ runId }, item] of [
    [tea, "tea"],
    [milk, "milk"],
  ] as const) {
    const lines = await readUntil(at(`/runs/${runId}/log`), "a no\n");
    expect(lines).toBe(`${item} is set aside\nwaiting for a yes or a no\n`);
  }
  expect(await standing(tea.runId)).toEqual({ status: "running" });
  await first.stop();

  await start();
  expect(await standing(tea.runId)).toEqual({ status: "running" });
  expect(await post(`/answers/${tea.token}`, { confirmed: true })).toEqual([200, { runId: tea.runId }]);
  expect(await post(`/answers/${milk.token}`, { confirmed: false })).toEqual([200, { runId: milk.runId }]);
  await ends(tea.runId).toEqual({ status: "completed", sent: "parcel with tea" });
  await ends(milk.runId).toEqual({ status: "completed", sent: null });
  const log = await (await fetch(at(`/runs/${tea.runId}/log`))).text();
  expect(log).toBe("tea is set aside\nwaiting for a yes or a no\nparcel with tea is on its way\n");
  expect((await post(`/answers/${tea.token}`, { confirmed: true }))[0]).toBe(404);
  expect((await fetch(at("/runs/wrun_nothing"))).status).toBe(404);
});

test("WX2 the same Worker built by Vite: an order waits and is answered", async () => {
  await project.run(`npm install --no-save ${VITE.join(" ")}`);
  leadBack(project.home, [...DEVKIT, ...VITE]);
  project.write(
    "vite.config.mjs",
    `import { cloudflare } from "@cloudflare/vite-plugin";
export default { plugins: [cloudflare({ inspectorPort: false })] };\n`,
  );
  await project.run("npm run tables && npx vite build");
  const port = await freePort();
  await project.start(`npx vite preview --host 127.0.0.1 --port ${port} --strictPort`, /Local/);
  const at = (path: string) => `http://127.0.0.1:${port}${path}`;
  const post = async (path: string, body: object) =>
    (await fetch(at(path), { method: "POST", body: JSON.stringify(body) })).json() as Promise<Record<string, string>>;

  const { runId, token } = await post("/orders", { item: "bread" });
  await readUntil(at(`/runs/${runId}/log`), "a no\n");
  await post(`/answers/${token}`, { confirmed: true });
  const standing = async () => (await fetch(at(`/runs/${runId}`))).json();
  await expect.poll(standing, { timeout: END_MS_MAX }).toEqual({ status: "completed", sent: "parcel with bread" });
});
