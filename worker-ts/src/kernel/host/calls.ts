// Calls of services: each is a row of the batch that asked for it, made after that batch, and made again after a crash.
import type { CapData } from "../kernel";
import type { KernelErrorCode } from "../kernel-error";
import { SERVICE_DEADLINE_MS } from "./limits";
import type { HostPorts } from "./ports";
import type { ServiceAnswer, ServiceTable } from "./service";

/** What calls need of their host. */
export interface CallsParts {
  readonly services: ServiceTable;
  readonly ports: HostPorts;
  /** Hands the answer to the machine: why it is not taken, or null. `refused` hears when that which was taken is refused after all. */
  readonly answer: (
    call: number,
    answer: ServiceAnswer,
    refused: (code: KernelErrorCode) => void,
  ) => KernelErrorCode | null;
  readonly log: (text: string) => void;
}

/** An error without a reason of the service's, as CapData. */
function brokenService(text: string): CapData {
  return { body: `#${JSON.stringify({ "#error": text, name: "Error" })}`, slots: [] };
}

const RETRY_MS = 100;

/** The calls under way in this life of the host. */
export class Calls {
  readonly #parts: CallsParts;
  readonly #open = new Map<number, () => void>();
  #ended = false;

  constructor(parts: CallsParts) {
    this.#parts = parts;
  }

  /** How many are under way. */
  get count(): number {
    return this.#open.size;
  }

  /** Makes one call. Its answer may come at any time. */
  begin(call: number, service: string, methargs: string): void {
    const { services, ports, log } = this.#parts;
    const late = () =>
      this.#settle(call, { rejected: true, value: brokenService(`service ${service} did not answer in time`) });
    this.#open.set(call, ports.later(SERVICE_DEADLINE_MS, late));
    ports
      .wait(() => services.call(service, call, JSON.parse(methargs) as CapData))
      .catch((error: unknown) => {
        log(`service ${service}: call ${call} failed: ${error instanceof Error ? error.message : "no reason given"}`);
        return { rejected: true, value: brokenService(`service ${service} failed`) };
      })
      .then((answer) => this.#settle(call, answer));
  }

  /** The first answer counts. */
  #settle(call: number, answer: ServiceAnswer): void {
    const cancel = this.#open.get(call);
    if (this.#ended || cancel === undefined) return;
    cancel();
    this.#open.delete(call);
    const refused = (code: KernelErrorCode) => {
      if (!this.#ended && code !== "UNKNOWN_CALL") this.#refuse(call, code);
    };
    const code = this.#parts.answer(call, answer, refused);
    if (this.#ended || code === null) return;
    if (code !== "QUEUE_FULL") refused(code);
    else
      this.#open.set(
        call,
        this.#parts.ports.later(RETRY_MS, () => this.#settle(call, answer)),
      );
  }

  /** Whoever called waits for an answer, though the service's own cannot be taken. */
  #refuse(call: number, code: KernelErrorCode): void {
    this.#parts.log(`service: the answer to call ${call} was refused: ${code}`);
    this.#open.set(call, () => {});
    this.#settle(call, { rejected: true, value: brokenService("the service's answer was refused") });
  }

  /** The host's life is over: what still answers is nobody's. */
  end(): void {
    this.#ended = true;
    for (const cancel of this.#open.values()) cancel();
    this.#open.clear();
  }
}
