// Bytes on their way into the bucket: counted and summed while they come, looked at in passing, never held whole.
import { type Crc32Sum, createCrc32 } from "@ferrule/core";
import { HEAD_BYTES_MAX, type Picture, sniffPicture } from "./sniff";

/** The body was not as long as it was said to be, or broke off. */
export class LengthError extends Error {
  override readonly name = "LengthError";
}

/** What came. */
export interface Put {
  /** Null for what is no picture. */
  readonly picture: Picture | null;
  /** CRC-32 of all bytes. */
  readonly crc: number;
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/**
 * Puts exactly `length` bytes of `body` under `key` and says what they are, and their sum. Nothing is stored
 * unless all of them came and no more (LengthError). `accept` sees what they are before they are stored, and refuses by throwing.
 */
export async function putStream(
  bucket: Pick<R2Bucket, "put">,
  key: string,
  body: ReadableStream<Uint8Array>,
  length: number,
  accept: (picture: Picture | null) => void = () => {},
): Promise<Put> {
  const reader = body.getReader();
  const head = await readHead(reader);
  const picture = sniffPicture(head);
  try {
    accept(picture);
  } catch (refusal) {
    await reader.cancel(refusal);
    throw refusal;
  }
  const { readable, writable } = new FixedLengthStream(length);
  const contentType = picture?.mime ?? "application/octet-stream";
  const sum = createCrc32();
  const putting = bucket.put(key, readable, { httpMetadata: { contentType } });
  const [put, sent] = await Promise.allSettled([putting, send(head, reader, writable, length, sum, putting)]);
  // when both failed, the one is the other's echo: a wrong length is the body's fault, all else the bucket's
  if (sent.status === "rejected" && (sent.reason instanceof LengthError || put.status === "fulfilled"))
    throw sent.reason;
  if (put.status === "rejected") throw put.reason;
  return { picture, crc: sum.finish() };
}

/** The first HEAD_BYTES_MAX bytes: somewhat more, as they come in parts, or all there are. */
async function readHead(reader: Reader): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  while (length < HEAD_BYTES_MAX) {
    const part = await readPart(reader);
    if (part === undefined) break;
    parts.push(part);
    length += part.byteLength;
  }
  const head = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    head.set(part, at);
    at += part.byteLength;
  }
  return head;
}

async function readPart(reader: Reader): Promise<Uint8Array | undefined> {
  try {
    return (await reader.read()).value;
  } catch (cause) {
    throw new LengthError("the body broke off", { cause });
  }
}

/** Sends exactly `length` bytes and sums them, as long as there is somebody to take them: `putting` ends early only when it fails. */
async function send(
  head: Uint8Array,
  reader: Reader,
  writable: WritableStream,
  length: number,
  sum: Crc32Sum,
  putting: Promise<unknown>,
): Promise<void> {
  const writer = writable.getWriter();
  const failed = new Promise<never>((_, reject) => void putting.catch(reject));
  // nobody may be waiting for it any more when it comes
  failed.catch(() => {});
  let left = length;
  try {
    for (let part: Uint8Array | undefined = head; part !== undefined; part = await readPart(reader)) {
      left -= part.byteLength;
      if (left < 0) throw new LengthError("the body has more bytes than its content-length says");
      sum.update(part);
      await Promise.race([writer.write(part), failed]);
    }
    if (left > 0) throw new LengthError("the body has fewer bytes than its content-length says");
    await Promise.race([writer.close(), failed]);
  } catch (error) {
    await Promise.allSettled([writer.abort(error), reader.cancel(error)]);
    throw error;
  }
}
