// A stream's object as the Worker's side calls it: the shapes that cross, and the errors that its refusals become, which would lose their
// class if they were thrown across. No I/O.
import { StreamError, ThrottleError, WorkflowWorldError } from "@workflow/errors";

/** Why the object refuses; nothing of the call happened. */
export type RefusalCode = "CLOSED" | "WRITER_GAP" | "READERS" | "NO_ROOM" | "TOO_LONG" | "BAD_REQUEST";

/** A refusal, as plain data. */
export interface Refusal {
  readonly refused: RefusalCode;
  readonly message: string;
}

/** What a call gives, or why not. */
export type Answer<T> = T | Refusal;

/** Seconds after which a writer or reader that found no room may try again. */
const RETRY_AFTER_SECONDS = 5;

/** Makes a refusal. */
export const refuse = (refused: RefusalCode, message: string): Refusal => ({ refused, message });

/** The error of a refusal. */
export function errorOf({ refused, message }: Refusal): Error {
  switch (refused) {
    case "READERS":
    case "NO_ROOM":
      return new ThrottleError(message, { retryAfter: RETRY_AFTER_SECONDS });
    case "TOO_LONG":
      return streamError(413, message);
    case "BAD_REQUEST":
      return new WorkflowWorldError(message, { status: 400, code: refused });
    default:
      return streamError(409, message, refused);
  }
}

/** A StreamError of some status, with a code where one tells more. */
export function streamError(status: number, message: string, code?: string, cause?: unknown): StreamError {
  const error = new StreamError(message, { status, cause });
  if (code !== undefined) error.code = code;
  return error;
}

/** The answer itself, or its refusal thrown. */
export function must<T extends object>(answer: Answer<T>): T {
  if ("refused" in answer) throw errorOf(answer);
  return answer;
}

/** How far a stream is: index of its last chunk, -1 without one; whether it is closed. */
export interface StreamInfo {
  readonly tailIndex: number;
  readonly done: boolean;
}

/** Chunks that lie one behind the other, the index behind all of the stream's, and whether it is closed. */
export interface ChunkPage {
  readonly chunks: Uint8Array[];
  readonly next: number;
  readonly done: boolean;
}

/** The object's calls. */
export interface StreamStub {
  append(writerId: string, chunkSeq: number, chunks: readonly Uint8Array[]): Promise<Answer<{ next: number }>>;
  close(): Promise<void>;
  info(): Promise<StreamInfo>;
  chunks(from: number, countMax: number): Promise<ChunkPage>;
  read(startIndex: number): Promise<Answer<{ stream: ReadableStream<Uint8Array> }>>;
  remove(): Promise<void>;
}

/** What streams need of a Worker; `WORKFLOW_DB` and `WORKFLOW_STREAM` not where they lie in R2 alone. */
export interface StreamBindings {
  readonly WORKFLOW_DB: D1Database;
  readonly WORKFLOW_BUCKET: R2Bucket;
  readonly WORKFLOW_STREAM: { getByName(name: string): StreamStub };
}
