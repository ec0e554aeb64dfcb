// Asks whoever started this process to kill it. A process cannot show that it survives its own death.
import { ApiError } from "../platform";
import { localVariables } from "./variables";

/** Whether somebody stands by to kill this process and start it again. */
export const isSupervised = (env: object): boolean => localVariables(env).LOCAL_SUPERVISOR !== undefined;

/** Has this process killed by SIGKILL and started again on the same state; resolves when that is agreed, shortly before. */
export async function askForDeath(env: object): Promise<void> {
  const { LOCAL_SUPERVISOR: address } = localVariables(env);
  if (address === undefined) throw new ApiError("not_found", "nobody stands by to start this server again");
  const { ok, status } = await fetch(address, { method: "POST" });
  if (!ok) throw new ApiError("internal", "the supervisor refused", { cause: `status ${status}` });
}
