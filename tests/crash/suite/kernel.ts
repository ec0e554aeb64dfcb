// People who count through a kernel, each message under a key of its own: every answer is another number. Afterwards the numbers that were
// told are 1 to n, each once, and the vat has counted to n. After each kill its rows are looked at as they lie on the disk.
import { isDeepStrictEqual } from "node:util";
import type { Server } from "../../harness/server/server.ts";
import { countKept, kernelFiles, lostKeys, readKernel, wrongRows } from "./disk/kernel.ts";
import { type Findings, isInTime, pause } from "./findings.ts";
import type { Compared, Load } from "./load.ts";

const CLIENTS = 20;
const ANSWER_MS_MAX = 60_000;
const SETTLE_MS_MAX = 120_000;
/** Before a message that was not answered is sent again. */
const AGAIN_MS = 50;
/** One vat that counts. */
const CLUSTER = { bootstrap: "counter", vats: { counter: { bundleName: "counter", parameters: { start: 0 } } } };

interface RpcAnswer {
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: { readonly code?: string } };
}

interface Client {
  /** Messages whose answer came. */
  asked: number;
  /** What each answered key was told. */
  readonly told: Map<string, number>;
}

/** Codes of refusals after which asking again under the same key would be a mistake. */
const FINAL: readonly (string | undefined)[] = ["KEY_MISMATCH", "BAD_COMMAND", "UNKNOWN_KREF", "REJECTED"];

/** One kernel under load. */
export class KernelLoad implements Load {
  readonly name = "kernel";
  readonly inD1: boolean;
  readonly kernel: string;
  readonly clients: Client[] = Array.from({ length: CLIENTS }, () => ({ asked: 0, told: new Map() }));
  /** Why messages had to be asked for again, and how often. */
  readonly refusals = new Map<string, number>();
  readonly #url: string;
  readonly #state: string;
  readonly #token: string;
  #root = "";
  #beginning = true;
  #ended = false;
  #loops: Promise<void>[] = [];
  #file: string | undefined;
  /** How often the disk was looked at. */
  #looks = 0;

  /** `token`: an admin's; `kernel`: its name, by which the Worker knows where it is to lie. */
  constructor({ url, state }: Server, token: string, kernel: string) {
    this.inD1 = kernel.startsWith("d1-");
    this.#url = url;
    this.#state = state;
    this.#token = token;
    this.kernel = kernel;
  }

  get acknowledged(): number {
    return this.clients.reduce((sum, { told }) => sum + told.size, 0);
  }

  async begin(): Promise<void> {
    const { result, error } = await this.#rpc("launchSubcluster", { config: CLUSTER }, "launch");
    if (error !== undefined) throw new Error(`the kernel ${this.kernel} launches nothing: ${error.message}`);
    this.#root = (result as { rootKref: string }).rootKref;
    this.#loops = this.clients.map((client, n) => this.#count(client, n));
  }

  handleRound(): void {}
  handleLastWords(): void {}
  handleReturn(): void {}

  inspect(findings: Findings): void {
    this.#look(findings);
  }

  /** What every key was told, of all clients. */
  get #told(): Map<string, number> {
    return new Map(this.clients.flatMap(({ told }) => [...told]));
  }

  /** Looks at the rows past the server; answers of how many keys they have the answer. */
  #look(findings: Findings): number {
    const files = this.#file === undefined ? kernelFiles(this.#state, this.kernel) : [this.#file];
    if (files.length !== 1) findings.note("torn", `${this.kernel} lies in ${files.length} databases`);
    this.#file = files[0];
    if (this.#file === undefined) return 0;
    this.#looks += 1;
    const found = readKernel(this.#file, this.kernel);
    const told = this.#told;
    for (const { kind, what } of wrongRows(found)) findings.note(kind, `${this.kernel}: ${what}`);
    for (const what of lostKeys(found, told)) findings.note("lost", `${this.kernel}: ${what}`);
    return countKept(found, told);
  }

  async #rpc(method: string, params: unknown, key?: string): Promise<RpcAnswer> {
    const response = await fetch(`${this.#url}/api/kernel/${this.kernel}/rpc`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${this.#token}`,
        "content-type": "application/json",
        ...(key !== undefined && { "idempotency-key": key }),
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
    if (response.status !== 200) throw new Error(`${method} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as RpcAnswer;
  }

  async #send(method: string, key?: string): Promise<number> {
    const { result, error } = await this.#rpc("queueMessage", [this.#root, method, []], key);
    if (error !== undefined) throw Object.assign(new Error(error.message), { final: error.data?.code });
    return Number((result as { body: string }).body.replace("#", ""));
  }

  /** Counts; what is under way when nothing more is begun is asked for until it is answered. */
  async #count(client: Client, n: number): Promise<void> {
    while (!this.#ended && this.#beginning) {
      const key = `c${n}-${client.asked}`;
      while (!this.#ended) {
        try {
          client.told.set(key, await this.#send("increment", key));
          client.asked += 1;
          break;
        } catch (error) {
          const { final, name } = error as Error & { final?: string };
          const why = final ?? name;
          this.refusals.set(why, (this.refusals.get(why) ?? 0) + 1);
          if (FINAL.includes(final)) return;
          await pause(AGAIN_MS);
        }
      }
    }
  }

  async finish(findings: Findings): Promise<void> {
    this.#beginning = false;
    let over = false;
    void Promise.all(this.#loops).then(() => {
      over = true;
    });
    if (!(await isInTime(() => over, SETTLE_MS_MAX)))
      findings.note("stuck", `${this.kernel}: a message is never answered`);
    for (const why of FINAL)
      if (why !== undefined && this.refusals.has(why))
        findings.note("torn", `${this.kernel} refuses a message: ${why}`);
  }

  async compare(findings: Findings): Promise<Compared> {
    const kept = this.#look(findings);
    const told = this.clients.flatMap((client) => [...client.told.values()]);
    const counted = await this.#send("read");
    const times = new Map<number, number>();
    for (const count of told) times.set(count, (times.get(count) ?? 0) + 1);
    for (const [count, often] of times) {
      if (often > 1) findings.note("lost", `${this.kernel}: ${often} messages were told ${count}: it was counted anew`);
      if (!(count >= 1 && count <= counted))
        findings.note("lost", `${this.kernel}: ${count} was told, ${counted} is there`);
    }
    for (let count = 1; count <= counted; count++)
      if (!times.has(count))
        findings.note("doubled", `${this.kernel}: ${count} was told to nobody: a key was applied twice`);
    for (const [n, client] of this.clients.entries()) await this.#askAgain(findings, n, client);
    if ((await this.#send("read")) !== counted)
      findings.note("doubled", `${this.kernel}: keys of before were applied again`);
    if ((await this.#rpc("ping", [])).result !== "pong")
      findings.note("torn", `${this.kernel}: a ping is not answered`);
    const repeats = [...this.refusals.values()].reduce((a, b) => a + b, 0);
    return { checked: { acknowledged: told.length, kept, looks: this.#looks }, seen: { repeats } };
  }

  /** Somebody's first and last key get the answers of before. */
  async #askAgain(findings: Findings, n: number, { told, asked }: Client): Promise<void> {
    for (const key of new Set([`c${n}-0`, `c${n}-${asked - 1}`])) {
      const before = told.get(key);
      if (before === undefined) continue;
      const now = await this.#rpc("queueMessage", [this.#root, "increment", []], key).catch(() => undefined);
      if (!isDeepStrictEqual(now?.result, { body: `#${before}`, slots: [] }))
        findings.note("doubled", `${this.kernel}: ${key} was told ${before}, and then ${JSON.stringify(now)}`);
    }
  }

  async end(): Promise<void> {
    this.#ended = true;
    await Promise.allSettled(this.#loops);
  }
}
