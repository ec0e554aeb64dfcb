// workerd compiles no WebAssembly from bytes. Core keeps its compiled QuickJS modules in a slot of globalThis: this file fills the slot with
// modules that wrangler compiled, before core is loaded, and can tell afterwards whether core took them. Nothing else of core is known here.
import encoding from "quickjs-wasi/encoding.so";
import headers from "quickjs-wasi/headers.so";
import quickjs from "quickjs-wasi/quickjs.wasm";
import structuredClone from "quickjs-wasi/structured-clone.so";
import url from "quickjs-wasi/url.so";

/** The version of @workflow/core that this was read from and is tested with. */
export const CORE_PIN = "5.0.0-beta.55";
/** Core's `globalSingleton(name, version)` is `Symbol.for(name/vN)`; the name is internal to core. */
const SLOT_NAME = "@workflow/core//quickjsCompiledAssets/v1";
const SLOT = Symbol.for(SLOT_NAME);

const compiled = {
  promise: Promise.resolve({
    wasm: quickjs,
    extensions: [
      { name: "encoding", wasm: encoding },
      { name: "headers", wasm: headers },
      { name: "url", wasm: url },
      { name: "structured-clone", wasm: structuredClone, initFn: "qjs_ext_structured_clone_init" },
    ],
  }),
};

/** Core did not take the modules that wrangler compiled, so no run can work; `code` is stable. */
export class QuickjsNotSeededError extends Error {
  override readonly name = "QuickjsNotSeededError";
  readonly code = "QUICKJS_NOT_SEEDED";

  constructor(why: string) {
    super(`QUICKJS_NOT_SEEDED: ${why}. Tested with @workflow/core ${CORE_PIN}: is that the one installed?`);
  }
}

/** Puts the modules where core looks for them. Has to run before core is loaded. */
export function seedQuickjs(): void {
  Reflect.set(globalThis, SLOT, compiled);
}

/** Throws `QuickjsNotSeededError` unless core, which has been loaded since, uses our modules. `version` is core's own. */
export function assertSeeded(version: string): void {
  if (Reflect.get(globalThis, SLOT) !== compiled)
    throw new QuickjsNotSeededError("core put something else into its slot");
  // a core that renamed its slot leaves ours alone and compiles from bytes
  const others = Object.getOwnPropertySymbols(globalThis)
    .map((symbol) => symbol.description ?? "")
    .filter((name) => name !== SLOT_NAME && /quickjs.*assets/i.test(name));
  if (others.length > 0) throw new QuickjsNotSeededError(`core looks in another slot, ${others.join(", ")}`);
  if (version !== CORE_PIN) throw new QuickjsNotSeededError(`this is core ${version}`);
}
