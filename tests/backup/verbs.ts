// The published verbs `ferrule backup` and `ferrule restore`, as somebody calls them: in a process of their own.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { environment, root } from "../harness/environment.ts";
import type { Server } from "../harness/server/server.ts";

/** What came of a call. */
export interface Done {
  readonly status: number | null;
  readonly out: string;
  readonly error: string;
}

/** A call that is under way. */
export interface Call {
  readonly process: ChildProcess;
  readonly done: Promise<Done>;
}

/** Calls a verb; `server` is the one it is for, if any. */
export function begin(args: readonly string[], server?: Pick<Server, "url" | "adminToken">): Call {
  const url = server === undefined ? [] : ["--url", server.url];
  const child = spawn(process.execPath, [join(root, "worker-ts/bin/ferrule.mjs"), ...args, ...url], {
    env: { ...environment, ...(server && { ADMIN_TOKEN: server.adminToken }) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, error] = ["", ""];
  child.stdout.on("data", (data) => (out += data));
  child.stderr.on("data", (data) => (error += data));
  const done = new Promise<Done>((resolve) => child.once("close", (status) => resolve({ status, out, error })));
  return { process: child, done };
}

/** The same, to its end. */
export const call = (args: readonly string[], server?: Pick<Server, "url" | "adminToken">): Promise<Done> =>
  begin(args, server).done;

/** The same, which must succeed; what it printed. */
export async function must(args: readonly string[], server?: Pick<Server, "url" | "adminToken">): Promise<string> {
  const { status, out, error } = await call(args, server);
  if (status !== 0) throw new Error(`ferrule ${args.join(" ")}: ${status}\n${out}${error}`);
  return out;
}

/** A folder that goes with the test. */
export class Folder implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), "ferrule-backup-"));

  file(name: string): string {
    return join(this.path, name);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
