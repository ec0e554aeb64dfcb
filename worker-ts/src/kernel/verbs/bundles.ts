// Where vats' code is found: the registry of those that are compiled in, bundles that were put, and files of the static assets. Rows:
// `d/<sha256>` the code, `y/<name>` the SHA-256 of the bundle that was put under the name.
import { isWellFormed, utf8Length } from "../../platform/text";
import type { HostPorts } from "../host/ports";
import type { VatBundle } from "../kernel";
import { KernelError } from "../kernel-error";
import type { BundleSource } from "../notation/config";
import { NAME_BYTES_MAX } from "../rpc/limits";
import type { KernelStore, Row } from "../store/store";

/** What looking up code needs. */
export interface BundlesParts {
  readonly store: KernelStore;
  readonly ports: HostPorts;
  /** `static:<name>` if a vat of that name is compiled in. */
  readonly compiled: (name: string) => string | null;
  /** The bundle, or a refusal. */
  readonly check: (given: unknown) => Promise<VatBundle>;
  /** The text of a file of the static assets; null when there is none. */
  readonly asset: ((path: string) => Promise<string | null>) | undefined;
  readonly putRows: (rows: readonly Row[]) => Promise<void>;
}

const HASH = /^[0-9a-f]{64}$/;
const SPEC = "bundle:";

/** The code of a kernel's vats. */
export class Bundles {
  readonly #parts: BundlesParts;

  constructor(parts: BundlesParts) {
    this.#parts = parts;
  }

  /** Keeps a bundle, and under `name` from now on. */
  async put(name: string, given: VatBundle): Promise<{ readonly sha256: string }> {
    if (name === "" || !isWellFormed(name) || utf8Length(name) > NAME_BYTES_MAX)
      throw new KernelError("BAD_CONFIG", `a bundle's name may have ${NAME_BYTES_MAX} bytes`);
    const { code, sha256 } = await this.#parts.check(given);
    await this.#parts.putRows([
      [`d/${sha256}`, code],
      [`y/${name}`, sha256],
    ]);
    return { sha256 };
  }

  /** `static:<name>`, the SHA-256 of a bundle that is kept, or null. */
  async find({ bundleName, bundleSpec }: BundleSource): Promise<string | null> {
    if (bundleName !== undefined) return this.#parts.compiled(bundleName) ?? (await this.#row(`y/${bundleName}`));
    if (bundleSpec === undefined) return null;
    if (!bundleSpec.startsWith(SPEC)) return this.#fromAsset(bundleSpec);
    const hash = bundleSpec.slice(SPEC.length);
    return HASH.test(hash) && (await this.#row(`d/${hash}`)) !== null ? hash : null;
  }

  /** The code with this SHA-256. */
  async code(sha256: string): Promise<string> {
    const code = await this.#row(`d/${sha256}`);
    if (code === null) throw new KernelError("UNKNOWN_BUNDLE", "no bundle with this SHA-256 is kept");
    return code;
  }

  async #fromAsset(path: string): Promise<string | null> {
    const text = await this.#parts.ports.wait(() => this.#parts.asset?.(path) ?? null);
    if (text === null) return null;
    const { code, sha256 } = await this.#parts.check(parsed(text));
    await this.#parts.putRows([[`d/${sha256}`, code]]);
    return sha256;
  }

  async #row(key: string): Promise<string | null> {
    const rows = await this.#parts.ports.wait(() => this.#parts.store.load(key, "", 1));
    // the prefix may be that of a longer key
    return rows[0]?.[0] === key ? rows[0][1] : null;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
