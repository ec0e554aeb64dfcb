// Somebody's use of @ferrule/core/chunk, the same in every runtime: chunks become one stream of bytes, cut anywhere, and are chunks again.
import { ChunkFault, liveHandles, RecordReader, RecordWriter, ready } from "@ferrule/core/chunk";

const text = new TextDecoder();

function refusal(bytes: Uint8Array): string {
  const reader = new RecordReader();
  try {
    reader.handleBytes(bytes);
    reader.pollChunks();
    return "none";
  } catch (error) {
    return error instanceof ChunkFault ? error.fault : String(error);
  } finally {
    reader[Symbol.dispose]();
  }
}

export async function useStream() {
  await ready;
  const writer = new RecordWriter(7);
  writer.handleChunks(["one", "two", "three"].map((word) => new TextEncoder().encode(word)));
  const next = writer.handleEnd();
  const bytes = writer.pollBatch(65_536)!;
  writer[Symbol.dispose]();
  const reader = new RecordReader();
  const words: string[] = [];
  for (const piece of [bytes.subarray(0, 5), bytes.subarray(5)]) {
    reader.handleBytes(piece);
    words.push(...reader.pollChunks().chunks.map((chunk) => text.decode(chunk)));
  }
  reader[Symbol.dispose]();
  return { next, words, refused: refusal(new Uint8Array(64).fill(255)), handles: liveHandles() };
}
