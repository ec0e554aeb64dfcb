// One `wrangler dev`: started until it is ready, killed and started again, with all that it has printed. It runs in a process group of its
// own, so that a kill reaches workerd and nothing else. What it serves is told by whoever starts it.
import { type ChildProcess, spawn } from "node:child_process";
import { environment, root } from "../environment.ts";

const START_MS_MAX = 150_000;

/** What `wrangler` is started with. */
export interface Launch {
  readonly args: readonly string[];
  /** Over the environment of all tests. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** A `wrangler dev` that may die and come back; at most one process at a time. */
export class DevProcess {
  readonly #launch: () => Launch;
  #text = "";
  #child: ChildProcess | undefined;
  /** Being in a group of its own, it would outlive us. */
  readonly #endAtOnce = (): void => {
    if (this.#child?.pid !== undefined && this.#child.exitCode === null) process.kill(-this.#child.pid, "SIGKILL");
  };

  /** `launch` is asked before every start. */
  constructor(launch: () => Launch) {
    this.#launch = launch;
  }

  /** The number of its process group; undefined while it is killed. */
  get group(): number | undefined {
    return this.#child?.pid;
  }

  /** All that its processes have printed, and what was noted besides. */
  get log(): string {
    return this.#text;
  }

  note(line: string): void {
    this.#text += `${line}\n`;
  }

  /** Resolves when it is ready; throws with its log when it ends before, or takes too long. */
  async start(): Promise<void> {
    const { args, environment: own } = this.#launch();
    const started = spawn("wrangler", args, {
      cwd: root,
      env: { ...environment, ...own },
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = started;
    process.once("exit", this.#endAtOnce);
    const from = this.#text.length;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`not ready in time:\n${this.#text}`)), START_MS_MAX);
      const read = (data: Buffer): void => {
        this.#text += data.toString();
        if (!this.#text.slice(from).includes("Ready on http")) return;
        clearTimeout(timer);
        resolve();
      };
      started.stdout.on("data", read);
      started.stderr.on("data", read);
      const fail = (): void => {
        clearTimeout(timer);
        reject(new Error(`wrangler dev ended:\n${this.#text}`));
      };
      started.once("exit", fail);
      started.once("error", fail);
    });
  }

  /** SIGKILL to the whole process group; resolves when the process is gone. */
  async kill(): Promise<void> {
    const victim = this.#child;
    this.#child = undefined;
    process.off("exit", this.#endAtOnce);
    if (victim?.pid === undefined || victim.exitCode !== null || victim.signalCode !== null) return;
    const gone = new Promise((resolve) => victim.once("exit", resolve));
    process.kill(-victim.pid, "SIGKILL");
    await gone;
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }
}
