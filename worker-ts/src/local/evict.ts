// Puts a room to sleep at once, as the runtime does with one that has been idle for a while: memory goes, sockets and storage
// stay. workerd lets itself be asked only under the flag `unsafe_module`, which scripts/local.mjs sets and production lacks.

/** The part of workerd's own module for tests that is used here. */
interface Unsafe {
  evict(stub: object, options: { readonly webSockets: "hibernate" | "close" }): Promise<void>;
}

/** Not a literal: the bundler would look for the file. */
const MODULE: string = ["workerd", "unsafe"].join(":");

/** Evicts a Durable Object and lets its sockets hibernate; false when it does not run, and so has nothing to lose. */
export async function evict(stub: object): Promise<boolean> {
  const { default: unsafe }: { readonly default: Unsafe } = await import(MODULE);
  try {
    await unsafe.evict(stub, { webSockets: "hibernate" });
    return true;
  } catch (error) {
    if (error instanceof Error && /not currently running/.test(error.message)) return false;
    throw error;
  }
}
