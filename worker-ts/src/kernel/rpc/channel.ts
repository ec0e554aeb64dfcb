// The kernel's end of a MessagePort: JSON-RPC comes in as values, answers go out as values. Nothing is transferred (workerd refuses it);
// whoever serves holds what comes back, and by it the port, which nothing else keeps alive.
import type { Kernel } from "../kernel";
import { withoutTokens } from "../notation/ocap-url";
import { answerMessage, RPC_CODE, type RpcAnswer } from "./json-rpc";
import { type Fault, invokeKernel, type OwnMethod } from "./methods";

/** What may be handed in. */
export interface ServeOptions {
  /** Further methods of this door; one of the kernel's own names is not replaced. */
  readonly own?: Readonly<Record<string, OwnMethod>>;
  /** Told what broke; else it stands in the log, without the secrets of ocap URLs. */
  readonly fault?: Fault;
}

/** A served port. */
export interface Channel {
  readonly port: MessagePort;
  /** Ends it; calls under way go on and are not answered. */
  close(): void;
}

/** Serves a kernel on a port until it is closed. */
export function serveKernel(port: MessagePort, kernel: Kernel, { own = {}, fault = log }: ServeOptions = {}): Channel {
  const invoke = invokeKernel(kernel, own, fault);
  let open = true;
  const say = (answer: RpcAnswer | readonly RpcAnswer[] | null) => {
    if (!open || answer === null) return;
    try {
      port.postMessage(answer);
    } catch (thrown) {
      // something in it cannot be cloned; who asked must not wait for ever
      fault("answer", thrown);
      port.postMessage(Array.isArray(answer) ? answer.map(withoutResult) : withoutResult(answer as RpcAnswer));
    }
  };
  port.onmessage = ({ data }: MessageEvent) => {
    answerMessage(data, invoke).then(say);
  };
  return {
    port,
    close() {
      open = false;
      port.onmessage = null;
      port.close();
    },
  };
}

const withoutResult = ({ jsonrpc, id }: RpcAnswer): RpcAnswer => ({
  jsonrpc,
  id,
  error: { code: RPC_CODE.INTERNAL, message: "Internal error" },
});

function log(method: string, thrown: unknown): void {
  const cause = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  console.error(JSON.stringify({ level: "error", what: `kernel: ${method}`, cause: withoutTokens(cause) }));
}
