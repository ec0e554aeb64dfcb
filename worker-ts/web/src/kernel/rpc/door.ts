// The kernel's door as the page uses it: JSON-RPC over HTTP, a method per name, one class for every refusal. No polling, no screen.
import { ApiError, call, isRecord, textOf } from "../../api/call";
import type { Asked } from "../model/values";
import { isCapData, showCapData } from "../model/values";
import type { CapData, ClusterConfig, Graph, Launched, Status, Step } from "./shapes";

/** Why the kernel did not do it: `code` is stable; `reason` is what a vat rejected with, in words. */
export class KernelRefusal extends Error {
  readonly code: string;
  readonly reason: string | undefined;

  constructor(code: string, message: string, reason?: string) {
    super(message);
    this.name = "KernelRefusal";
    this.code = code;
    this.reason = reason;
  }
}

/** What a failure says to people, its code first. */
export function sayRefusal(error: unknown): string {
  if (error instanceof KernelRefusal) return `${error.code}: ${error.reason ?? error.message}`;
  if (error instanceof ApiError) return error.status === 0 ? error.message : `${error.code}: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}

/** A call of a method, before it is sent. */
export interface Request {
  readonly method: string;
  readonly params: unknown;
}

const request = (method: string, params: unknown): Request => ({ method, params });

/** JSON-RPC's own refusals have numbers. */
const NUMBERS: Readonly<Record<number, string>> = {
  [-32_700]: "PARSE_ERROR",
  [-32_600]: "INVALID_REQUEST",
  [-32_601]: "METHOD_NOT_FOUND",
  [-32_602]: "INVALID_PARAMS",
  [-32_603]: "INTERNAL",
};

function refusalOf(error: unknown): KernelRefusal {
  const fields = isRecord(error) ? error : {};
  const data = isRecord(fields["data"]) ? fields["data"] : {};
  const value = data["value"];
  return new KernelRefusal(
    textOf(data["code"]) ?? NUMBERS[Number(fields["code"])] ?? "INTERNAL",
    textOf(fields["message"]) ?? "The kernel gave no reason.",
    isCapData(value) ? showCapData(value) : undefined,
  );
}

/** Sends requests as one batch and gives their results in the same order; the first refusal among them is thrown. */
async function send(kernel: string, requests: readonly Request[]): Promise<readonly unknown[]> {
  const batch = requests.map(({ method, params }, id) => ({ jsonrpc: "2.0", id, method, params }));
  const answers = await call("POST", `/api/kernel/${encodeURIComponent(kernel)}/rpc`, batch);
  if (!Array.isArray(answers)) throw refusalOf(isRecord(answers) ? answers["error"] : undefined);
  return batch.map(({ id }) => {
    const answer: unknown = answers.find((one) => isRecord(one) && one["id"] === id);
    if (!isRecord(answer) || !("result" in answer)) throw refusalOf(isRecord(answer) ? answer["error"] : undefined);
    return answer["result"];
  });
}

/** What the page asks of one kernel. */
export class Door {
  readonly kernel: string;

  constructor(kernel: string) {
    this.kernel = kernel;
  }

  async #one(method: string, params: unknown = []): Promise<unknown> {
    return (await send(this.kernel, [request(method, params)]))[0];
  }

  /** How it stands, and the cranks above `after`. */
  async look(after: number): Promise<readonly [Status, readonly Step[]]> {
    const [status, steps] = await send(this.kernel, [request("getStatus", []), request("getTrace", { after })]);
    return [status as Status, steps as readonly Step[]];
  }
  async graph(): Promise<Graph> {
    return (await this.#one("getGraph")) as Graph;
  }
  async launch(config: ClusterConfig): Promise<Launched> {
    return (await this.#one("launchSubcluster", { config })) as Launched;
  }
  async send(target: string, method: string, asked: Asked): Promise<CapData> {
    const told =
      "args" in asked
        ? this.#one("queueMessage", [target, method, asked.args])
        : this.#one("queueCapData", [target, asked.methargs]);
    return (await told) as CapData;
  }
  pingVat = (id: string): Promise<unknown> => this.#one("pingVat", { id });
  restartVat = (id: string): Promise<unknown> => this.#one("restartVat", { id });
  terminateVat = (id: string): Promise<unknown> => this.#one("terminateVat", { id });
  terminateSubcluster = (id: string): Promise<unknown> => this.#one("terminateSubcluster", { id });
  revoke = (kref: string): Promise<unknown> => this.#one("revoke", { kref });
  releaseKref = (kref: string): Promise<unknown> => this.#one("releaseKref", { kref });
  collectGarbage = (): Promise<unknown> => this.#one("collectGarbage");
  pause = (): Promise<unknown> => this.#one("pause");
  step = (cranks: number): Promise<unknown> => this.#one("step", { cranks });
  resume = (): Promise<unknown> => this.#one("resume");
}
