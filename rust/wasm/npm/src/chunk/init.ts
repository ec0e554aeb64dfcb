// For hosts that load the module themselves, by `init` or `initSync`, before they call anything else.
export { default as init, initSync } from "../../generated/ferrule_chunk.js";
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
