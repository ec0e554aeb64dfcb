// Types of every runtime's entry; at run time one of workerd.ts, node.ts, web.ts stands in its place.
export {
  CHUNK_FAULT,
  CHUNK_LIMIT,
  type ChunkBatch,
  ChunkFault,
  type ChunkFaultName,
  CoreError,
  faultName,
  liveHandles,
  RecordReader,
  RecordWriter,
  type SealedSegment,
  Segment,
  SegmentBuilder,
  type SegmentEntry,
  StreamIndex,
} from "./api.js";

/** Resolves once the module is instantiated. */
export declare const ready: Promise<void>;
