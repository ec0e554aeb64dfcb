// A folder outside of the repository in which somebody follows our instructions: files, commands, a `wrangler dev` that is stopped.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const START_MS_MAX = 150_000;
const STOP_MS_MAX = 5_000;

/** A command that goes on running. */
export interface Running {
  /** All that it has printed. */
  log(): string;
  stop(): Promise<void>;
}

export class Project implements AsyncDisposable {
  readonly home: string = mkdtempSync(join(tmpdir(), "ferrule-project-"));
  readonly #environment: Readonly<Record<string, string | undefined>>;
  readonly #running: Running[] = [];

  constructor(environment: Readonly<Record<string, string | undefined>>) {
    this.#environment = environment;
  }

  write(name: string, text: string): void {
    const path = join(this.home, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  #spawn(line: string): { child: ChildProcess; log: () => string } {
    // A group of its own, so that what a command starts ends with it.
    const child = spawn(line, {
      cwd: this.home,
      env: this.#environment,
      shell: true,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let text = "";
    const add = (data: Buffer): void => {
      text += data;
    };
    child.stdout?.on("data", add);
    child.stderr?.on("data", add);
    return { child, log: () => text };
  }

  /** Runs a line of shell to its end: what it printed. Throws that when it fails, or is expected to fail and does not. */
  async run(line: string, fails = false): Promise<string> {
    const { child, log } = this.#spawn(line);
    const code = await new Promise((resolve) => child.once("close", resolve));
    if ((code !== 0) !== fails) throw new Error(`${line} ended with ${code}:\n${log()}`);
    return log();
  }

  /** Starts a line of shell and waits until it has printed `ready`. */
  async start(line: string, ready: RegExp): Promise<Running> {
    const { child, log } = this.#spawn(line);
    let code: number | null | undefined;
    const ended = new Promise<void>((resolve) =>
      child.once("close", (status) => {
        code = status;
        resolve();
      }),
    );
    const signal = (name: NodeJS.Signals): void => {
      if (code === undefined && child.pid !== undefined) process.kill(-child.pid, name);
    };
    const running: Running = {
      log,
      async stop() {
        signal("SIGTERM");
        const late = setTimeout(() => signal("SIGKILL"), STOP_MS_MAX);
        await ended;
        clearTimeout(late);
      },
    };
    this.#running.push(running);
    const end = Date.now() + START_MS_MAX;
    while (!ready.test(log())) {
      if (code !== undefined || Date.now() > end) throw new Error(`${line} did not get ready:\n${log()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const running of this.#running) await running.stop();
    rmSync(this.home, { recursive: true, force: true });
  }
}
