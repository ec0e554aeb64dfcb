// curl for blocks of shell: the machine's own, or what stands for it where there is none.
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { root } from "../harness/environment.ts";

export const STAND_IN: string = join(root, "tests/docs/stand-in");

type Environment = Readonly<Record<string, string | undefined>>;

function isIn(folder: string): boolean {
  try {
    accessSync(join(folder, "curl"), constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Whether this machine has curl. */
export const hasCurl = (environment: Environment): boolean =>
  (environment["PATH"] ?? "").split(delimiter).filter(Boolean).some(isIn);

/** The environment with a curl in it: last on its path, so that the machine's own goes first. */
export const withCurl = (environment: Environment): Environment => ({
  ...environment,
  PATH: [environment["PATH"], STAND_IN].filter(Boolean).join(delimiter),
});
