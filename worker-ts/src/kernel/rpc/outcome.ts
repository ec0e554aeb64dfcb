// What a caller makes of the outcome of a call: the result, or a KernelError that says the same as the one at the other end.
import { KernelError, type KernelErrorCode } from "../kernel-error";
import { RPC_CODE, type RpcOutcome } from "./json-rpc";

/** The result, or throws. */
export function outcomeValue({ result, error }: RpcOutcome): unknown {
  if (error === undefined) return result;
  const { code, message, data } = error;
  const name = (data?.code as KernelErrorCode | undefined) ?? NAMES[code] ?? "OUTCOME_UNKNOWN";
  throw new KernelError(name, message, { data: data?.value });
}

/** Codes for what JSON-RPC says by numbers alone; after anything else it is open whether something has happened. */
const NAMES: Readonly<Record<number, KernelErrorCode>> = {
  [RPC_CODE.PARSE]: "BAD_COMMAND",
  [RPC_CODE.INVALID_REQUEST]: "BAD_COMMAND",
  [RPC_CODE.INVALID_PARAMS]: "BAD_COMMAND",
  [RPC_CODE.METHOD_NOT_FOUND]: "UNSUPPORTED",
};
