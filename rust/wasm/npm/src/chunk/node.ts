// Node: the bytes are read from the package's own folder.
import { readFileSync } from "node:fs";
import { initSync } from "../../generated/ferrule_chunk.js";

initSync({ module: readFileSync(new URL("../../generated/ferrule_chunk_bg.wasm", import.meta.url)) });

export {
  CHUNK_FAULT,
  CHUNK_LIMIT,
  ChunkFault,
  CoreError,
  faultName,
  liveHandles,
  RecordReader,
  RecordWriter,
  Segment,
  SegmentBuilder,
  StreamIndex,
} from "./api.js";

/** Resolves once the module is instantiated: here it already is. */
export const ready: Promise<void> = Promise.resolve();
