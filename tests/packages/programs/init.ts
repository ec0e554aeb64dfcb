// Somebody's use of the entries for hosts that load the modules themselves, each handed in as that host has it.
import { initSync as initStream, RecordWriter } from "@ferrule/core/chunk/init";
import { crc32, initSync as initCore } from "@ferrule/core/init";
import { initSync as initMachine, KernelLoader } from "@ferrule/core/kernel/init";

type Module = BufferSource | WebAssembly.Module;

export function useInit(core: Module, machine: Module, stream: Module) {
  initCore({ module: core });
  initMachine({ module: machine });
  initStream({ module: stream });
  const kernel = new KernelLoader().finish([]);
  const status: unknown = JSON.parse(kernel.status());
  kernel[Symbol.dispose]();
  const writer = new RecordWriter(3);
  const next = writer.handleEnd();
  writer[Symbol.dispose]();
  return { crc: crc32(new TextEncoder().encode("123456789")).toString(16), status: typeof status, next };
}
