// `npm start` as people run it, on any free port and a state of its own, and every process that comes of it.
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { environment, root } from "../harness/environment.ts";
import { eventually } from "../harness/eventually.ts";

const START_MS_MAX = 90_000;
const END_MS_MAX = 60_000;
/** What is handed down from process to process, so that all of one start are known. */
const MARK = "FERRULE_TEST_START";

/** What tests and their runners set, and nobody does at a desk: it keeps wrangler quiet, and has set-up mend what was removed. */
const NOT_AT_A_DESK = {
  CI: undefined,
  CLOUDFLARE_CF_FETCH_ENABLED: undefined,
  WRANGLER_SEND_METRICS: undefined,
  WRANGLER_HIDE_BANNER: undefined,
  FERRULE_PYTHON: undefined,
};

/** A running `npm start`. Disposing kills what is left of it. */
export interface Start extends AsyncDisposable {
  /** Process id of npm, or of what it was wrapped in. */
  readonly pid: number;
  readonly url: string;
  /** All that was printed. */
  said(): string;
  /** Commands of the processes that are there because of it; Linux only, elsewhere none are found. */
  processes(): string[];
  /** Sends SIGTERM to npm alone, as a service manager would, and resolves when all has ended. */
  stop(): Promise<void>;
}

/** What a start may differ in. */
export interface StartOptions {
  readonly state: string;
  /** The repository, or a copy of it. */
  readonly house?: string;
  /** A folder for temporary files in place of the system's. */
  readonly temporary?: string;
  /** A command that runs the command behind it. */
  readonly within?: readonly string[];
}

/** Starts it and resolves when it has said where it stands. */
export async function npmStart({ state, house = root, temporary, within = [] }: StartOptions): Promise<Start> {
  const mark = `${MARK}=${randomUUID()}`;
  const command = [...within, "npm", "start", "--silent", "--", "--port", "0", "--state", state];
  const child = spawn(command[0]!, command.slice(1), {
    cwd: house,
    env: {
      ...environment,
      ...NOT_AT_A_DESK,
      ...(temporary && { TMPDIR: temporary }),
      [MARK]: mark.slice(MARK.length + 1),
    },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let text = "";
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.stdout.on("data", (data) => (text += data));
  child.stderr.on("data", (data) => (text += data));
  const running = () => marked(mark);

  const dispose = async (): Promise<void> => {
    for (const { pid } of running()) signal(pid, "SIGKILL");
    if (child.exitCode === null && child.signalCode === null) {
      signal(-child.pid!, "SIGKILL");
      await ended;
    }
  };
  const url = () => /^ {2}Open {3}(http:\S+)$[\s\S]*^ {2}Python pages: /m.exec(text)?.[1];
  try {
    await eventually("npm start stands", () => url() !== undefined || child.exitCode !== null, { msMax: START_MS_MAX });
    if (url() === undefined) throw new Error(`npm start ended with ${child.exitCode}`);
  } catch (cause) {
    await dispose();
    throw new Error(text, { cause });
  }
  return {
    pid: child.pid!,
    url: url()!,
    said: () => text,
    processes: () => running().map(({ line }) => line),
    async stop() {
      signal(child.pid!, "SIGTERM");
      await ended;
      await eventually("all processes of npm start have ended", () => running().length === 0, { msMax: END_MS_MAX });
    },
    [Symbol.asyncDispose]: dispose,
  };
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended by itself in the meantime.
  }
}

/** The processes that carry this mark in their environment. */
function marked(mark: string): { readonly pid: number; readonly line: string }[] {
  const words = (path: string) => readFileSync(path, "utf8").split("\0");
  return (process.platform === "linux" ? readdirSync("/proc") : []).filter(Number).flatMap((pid) => {
    try {
      if (!words(`/proc/${pid}/environ`).includes(mark)) return [];
      return [{ pid: Number(pid), line: words(`/proc/${pid}/cmdline`).join(" ") }];
    } catch {
      return [];
    }
  });
}
