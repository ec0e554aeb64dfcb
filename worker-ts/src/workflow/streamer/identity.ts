// Which stream is meant: a run's id and a name, as the name of its object and as the folder of its keys in R2. Pure.
import { WorkflowWorldError } from "@workflow/errors";
import { RUN_ID_BYTES_MAX, STREAM_NAME_BYTES_MAX, WRITER_ID_BYTES_MAX } from "./limits";

/** One stream. */
export interface StreamIdentity {
  readonly runId: string;
  readonly name: string;
}

/** Writers of a single write have ids that begin so. */
export const ONCE = "once_";

const utf8 = new TextEncoder();

function check(what: string, text: string, bytesMax: number): void {
  const bytes = utf8.encode(text).length;
  if (bytes === 0 || bytes > bytesMax)
    throw new WorkflowWorldError(`${what} has 1 to ${bytesMax} bytes, not ${bytes}`, { status: 400 });
}

/** Checks a run's id; "/" ends it in names of objects and in keys. */
export function checkRunId(runId: string): void {
  check("a run's id", runId, RUN_ID_BYTES_MAX);
  if (runId.includes("/")) throw new WorkflowWorldError("a run's id holds no /", { status: 400 });
}

/** The stream of these names. Throws WorkflowWorldError 400. */
export function identify(runId: string, name: string): StreamIdentity {
  checkRunId(runId);
  check("a stream's name", name, STREAM_NAME_BYTES_MAX);
  return { runId, name };
}

/** Throws WorkflowWorldError 400 for what is no writer's id. */
export function checkWriterId(writerId: string): void {
  check("a writer's id", writerId, WRITER_ID_BYTES_MAX);
}

/** The name of a stream's object. */
export const objectName = ({ runId, name }: StreamIdentity): string => `${runId}/${name}`;

/** The stream that an object of this name keeps. */
export function identityOf(object: string): StreamIdentity {
  const end = object.indexOf("/");
  if (end < 0) throw new TypeError("a stream's object is got by its run and name");
  return { runId: object.slice(0, end), name: object.slice(end + 1) };
}

/** The folder of a run's streams in R2. */
export const runFolder = (runId: string): string => `streams/${runId}/`;

/** The folder of a stream in R2. */
export const streamFolder = ({ runId, name }: StreamIdentity): string => `${runFolder(runId)}${encodeName(name)}/`;

/** A name as base64url, so that any name is one part of a key. */
export function encodeName(name: string): string {
  const bytes = utf8.encode(name);
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

/** The name again. */
export function decodeName(encoded: string): string {
  const binary = atob(encoded.replaceAll("-", "+").replaceAll("_", "/"));
  return new TextDecoder("utf-8", { fatal: false, ignoreBOM: true }).decode(
    Uint8Array.from(binary, (unit) => unit.charCodeAt(0)),
  );
}

/** An index in keys: they sort as the numbers do. */
export const indexKey = (index: number): string => String(index).padStart(16, "0");
