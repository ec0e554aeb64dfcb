// The machine that measures, in one line: it stands in every result and below every plot.
import { cpus, totalmem } from "node:os";

const GIB = 1024 ** 3;

/** Such as "Node 22.23.3, linux x64, 2 × AMD EPYC, 23 GiB". */
export function describeMachine(): string {
  const all = cpus();
  const processor = `${all.length} × ${all[0]?.model.trim() ?? "unknown processor"}`;
  const system = `Node ${process.versions.node}, ${process.platform} ${process.arch}`;
  return `${system}, ${processor}, ${Math.round(totalmem() / GIB)} GiB`;
}
