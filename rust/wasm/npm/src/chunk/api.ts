// The public list of names of the module of streams; every entry hands on exactly these.
export { CoreError } from "../core/core-error.js";
export { liveHandles } from "./border/instance.js";
export { CHUNK_FAULT, ChunkFault, type ChunkFaultName, faultName } from "./fault.js";
export { CHUNK_LIMIT } from "./limit.js";
export { type ChunkBatch, RecordReader, RecordWriter } from "./records.js";
export { type SealedSegment, Segment, SegmentBuilder, type SegmentEntry } from "./segment.js";
export { StreamIndex } from "./stream-index.js";
