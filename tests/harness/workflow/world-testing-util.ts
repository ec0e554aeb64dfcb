// What the suite's cases import as their util.mjs: its startServer starts a Node process with their World; ours hands out the Worker that
// workflow.test.ts has started. The fetcher asks the same routes in the same way. The cases themselves are the package's, unmodified.
import { WorkflowRunSchema } from "@workflow/world";
import { onTestFailed } from "vitest";
import type { WorkflowServer } from "./server.ts";

/** What a case holds of the server. */
export interface Control {
  readonly info: { readonly port: number };
  readonly getOutput: () => string;
}

const shared: { server?: WorkflowServer } = {};

/** Says which Worker the cases are run against. */
export function shareServer(server: WorkflowServer): void {
  shared.server = server;
}

/** The Worker; the World's name that a case gives means nothing here. */
export async function startServer(_options: { world: string }): Promise<Control> {
  const { server } = shared;
  if (server === undefined) throw new Error("no Worker was shared");
  onTestFailed(() => console.error(server.log().slice(-20_000)));
  return { info: { port: server.port }, getOutput: () => server.log() };
}

/** Asks the Worker's routes. */
export function createFetcher({ info: { port } }: Control) {
  const url = (path: string) => `http://127.0.0.1:${port}${path}`;
  const ask = async (path: string, init?: RequestInit): Promise<Response> => {
    const response = await fetch(url(path), init);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response;
  };
  const post = (path: string, body: unknown): Promise<Response> =>
    ask(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  return {
    async invoke(file: string, workflow: string, args: unknown[]): Promise<{ runId: string }> {
      const { runId } = (await (await post("/invoke", { file, workflow, args })).json()) as { runId: string };
      onTestFailed(() => console.error("run:", runId));
      return { runId };
    },
    async getFlowInvocationCount(runId: string): Promise<number> {
      const response = await ask(`/_flow-invocations/${encodeURIComponent(runId)}`);
      return ((await response.json()) as { count: number }).count;
    },
    async getRun(id: string) {
      return WorkflowRunSchema.parseAsync(revive(await (await ask(`/runs/${encodeURIComponent(id)}`)).text()));
    },
    async getReadable(id: string): Promise<ReadableStream<Uint8Array>> {
      const { body } = await ask(`/runs/${encodeURIComponent(id)}/readable`);
      if (body === null) throw new Error("an answer without a body");
      return body;
    },
    async resumeHook(token: string, payload: unknown): Promise<void> {
      await (await post(`/hooks/${encodeURIComponent(token)}`, payload)).arrayBuffer();
    },
  };
}

/** JSON of the Worker, with its bytes. */
export function revive(text: string): unknown {
  return JSON.parse(text, (_, value: unknown) => {
    const { __type: type, data } = (value ?? {}) as { __type?: unknown; data?: unknown };
    return type === "Uint8Array" && typeof data === "string" ? new Uint8Array(Buffer.from(data, "base64")) : value;
  });
}
