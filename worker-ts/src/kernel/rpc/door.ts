// The caller's end of a MessagePort: many callers share it, each with ids of its own, so every call gets a number here and its answer
// finds back by it. Holds the port.
import { KernelError } from "../kernel-error";
import { answerText, type Invoke, type RpcAnswer, type RpcOutcome } from "./json-rpc";
import { outcomeValue } from "./outcome";

/** A port, to call through. */
export interface Door {
  /** Carries out a text of JSON-RPC; null when nothing is to be answered. `key`: the idempotency key of requests without one. */
  rpc(text: string, key?: string): Promise<string | null>;
  /** One call; what it is refused with is a KernelError. */
  call(method: string, params?: unknown, key?: string): Promise<unknown>;
  /** Ends it; calls under way are refused with `CLOSED`. */
  close(): void;
}

/** Opens the caller's end. */
export function openDoor(port: MessagePort): Door {
  let last = 0;
  const waiting = new Map<number, { done: (outcome: RpcOutcome) => void; failed: (reason: KernelError) => void }>();
  let open = true;
  const send = (method: string, params: unknown, key: string | undefined): Promise<RpcOutcome> => {
    if (!open) return Promise.reject(closed());
    const id = ++last;
    return new Promise((done, failed) => {
      try {
        const given = { ...(params !== undefined && { params }), ...(key !== undefined && { key }) };
        port.postMessage({ jsonrpc: "2.0", id, method, ...given });
        waiting.set(id, { done, failed });
      } catch (cause) {
        failed(new KernelError("BAD_COMMAND", "the parameters cannot be sent", { cause }));
      }
    });
  };
  port.onmessage = ({ data }: MessageEvent) => {
    const { id, ...outcome } = data as RpcAnswer;
    const call = waiting.get(id as number);
    waiting.delete(id as number);
    call?.done(outcome);
  };
  const invoke: Invoke = async (method, params, key) => {
    const { error, result } = await send(method, params, key);
    return error === undefined ? { result } : { error };
  };
  return {
    async rpc(text, key) {
      const answer = await answerText(text, invoke, key);
      return answer === null ? null : JSON.stringify(answer);
    },
    call: async (method, params, key) => outcomeValue(await send(method, params, key)),
    close() {
      open = false;
      port.onmessage = null;
      port.close();
      for (const { failed } of waiting.values()) failed(closed());
      waiting.clear();
    },
  };
}

const closed = () => new KernelError("CLOSED", "the kernel's port is closed");
