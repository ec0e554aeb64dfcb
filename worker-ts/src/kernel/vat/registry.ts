// The vats that are compiled in, by name.
import "./runtime/cooperative";
import { KernelError } from "../kernel-error";
import type { BuildRootObject } from "./runtime/runtime";

const NAME = /^[A-Za-z][A-Za-z0-9._-]{0,63}$/;

const registry = new Map<string, BuildRootObject>();

/**
 * Registers a vat that is compiled into this Worker, at module scope: from then on a configuration may name it as `bundleName`. It runs
 * in the Worker's own isolate and can do what the Worker can: for one's own code.
 * @param name letters, digits, `.`, `_` and `-`, at most 64, a letter first
 */
export function defineVat(name: string, buildRootObject: BuildRootObject): void {
  if (!NAME.test(name)) throw new KernelError("BAD_CONFIG", `${JSON.stringify(name)} is not a vat's name`);
  if (typeof buildRootObject !== "function") throw new KernelError("BAD_CONFIG", `${name}: no buildRootObject`);
  const known = registry.get(name);
  if (known !== undefined && known !== buildRootObject)
    throw new KernelError("BAD_CONFIG", `two vats are named ${name}`);
  registry.set(name, buildRootObject);
}

/** The entry of a registered vat. */
export function findVat(name: string): BuildRootObject | undefined {
  return registry.get(name);
}
