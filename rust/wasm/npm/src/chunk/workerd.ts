// workerd: the module comes compiled from the bundle; nothing may be compiled at run time.
import { initSync } from "../../generated/ferrule_chunk.js";
import wasm from "../../generated/ferrule_chunk_bg.wasm";

initSync({ module: wasm });

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
