// Browsers and bundlers: the bytes are fetched from a URL that bundlers understand. Await `ready` before the first call.
import init from "../../generated/ferrule_chunk.js";

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

/** Resolves once the module is instantiated; rejects when it could not be loaded. */
export const ready: Promise<void> = init({
  module_or_path: new URL("../../generated/ferrule_chunk_bg.wasm", import.meta.url),
}).then(() => undefined);
