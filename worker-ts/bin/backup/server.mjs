// The server's side of backups by HTTP: one call, tried again where that may help. Every call may come twice.
import { setTimeout as pause } from "node:timers/promises";
import { Failure } from "../terminal/call.mjs";

/** How often a call is tried, and the first wait between two tries; each further one is twice as long. */
const TRIES = 6;
const WAIT_MS = 500;
/** Within which a call is answered. */
const CALL_MS = 120_000;

export class Server {
  #origin;
  #token;

  constructor(origin, token) {
    this.#origin = origin;
    this.#token = token;
  }

  get origin() {
    return this.#origin;
  }

  /** An answer that is good; `body` is made anew for each try. */
  async ask(method, path, { query = {}, body, type = "application/json" } = {}) {
    const address = new URL(path, this.#origin);
    for (const [name, value] of Object.entries(query)) if (value !== undefined) address.searchParams.set(name, value);
    for (let tries = 1; ; tries++) {
      try {
        return await this.#once(method, address, body?.(), type);
      } catch (error) {
        if (!error.again || tries === TRIES) throw error;
        await pause(WAIT_MS * 2 ** (tries - 1));
      }
    }
  }

  async #once(method, address, body, type) {
    const headers = { authorization: `Bearer ${this.#token}`, ...(body !== undefined && { "content-type": type }) };
    const streamed = body instanceof ReadableStream ? { duplex: "half" } : {};
    const response = await fetch(address, {
      ...{ method, headers, ...streamed, signal: AbortSignal.timeout(CALL_MS) },
      ...(body !== undefined && { body }),
    }).catch((error) => {
      throw again("network", `${this.#origin} cannot be reached: ${error.cause?.code ?? error.message}`);
    });
    if (response.ok) return response;
    const { error } = await response.json().catch(() => ({}));
    const { code = `http_${response.status}`, message = `${address.pathname} answered ${response.status}` } =
      error ?? {};
    throw response.status >= 500 || response.status === 429 ? again(code, message) : new Failure(code, message);
  }

  /** The JSON of an answer. */
  async json(method, path, options) {
    for (let tries = 1; ; tries++) {
      const response = await this.ask(method, path, options);
      try {
        return response.status === 204 ? null : await response.json();
      } catch (error) {
        if (tries === TRIES) throw new Failure("network", `the answer of ${path} broke off: ${error.message}`);
      }
    }
  }
}

/** A failure that may be gone with the next try. */
function again(code, message) {
  return Object.assign(new Failure(code, message), { again: true });
}

/** A body of JSON. */
export const jsonBody = (value) => () => JSON.stringify(value);
