// Writes from either door, a frame of a socket or an operation by HTTP: what is to be written with what the core has read, and who is
// told of it. The rules are in room.ts, the tables in log/.
import { encode, encodeText, filesExt, KIND, LIMIT, relay, WireError } from "@ferrule/core";
import { shownMessages } from "../log/page/messages";
import type { TotalName } from "../log/totals";
import { writeChange } from "../log/write/change";
import { writeMessage } from "../log/write/message";
import { writePin } from "../log/write/pin";
import type { Writer, Writing, Written } from "../log/write/written";
import type { OpenRoom } from "../open-room";
import type { Actor, Operation, Outcome, PostOperation, RefusalCode } from "../operation";
import { type ChangeKind, REFUSAL } from "../room";

/** Kinds that clients write into the log (KIND). */
export type WriteKind = typeof KIND.MSG | ChangeKind;

const COUNTED: Readonly<Record<WriteKind, TotalName>> = {
  [KIND.MSG]: "messages",
  [KIND.EDIT]: "edits",
  [KIND.DELETE]: "deletes",
  [KIND.REACT]: "reactions",
  [KIND.UNREACT]: "reactions",
};

/** Writes the frame of this kind that the core has just read. */
export function writeFrame(room: OpenRoom, kind: WriteKind, writing: Writing): Written {
  return kind === KIND.MSG ? writeMessage(room, writing) : writeChange(room, kind, writing);
}

/** Counts and publishes what `writeFrame` has stored. */
export function publishWritten(
  room: OpenRoom,
  kind: WriteKind,
  ref: number,
  { frames }: { readonly frames: readonly Uint8Array[] },
): void {
  room.totals.count(COUNTED[kind]);
  publishEntries(room, [ref], frames);
}

/** Publishes stored entries; those of these refs whom not everybody knows are introduced in the same BATCH, before them. */
export function publishEntries(
  { presence, fanOut }: OpenRoom,
  refs: readonly number[],
  frames: readonly Uint8Array[],
): void {
  const entries = frames.map((frame) => ({ frame, logged: true }));
  fanOut.publish(refs.every((ref) => presence.knows(ref)) ? entries : [...presence.introductions(refs), ...entries]);
}

/** Writes what a person asks for by HTTP: the same path as a frame, from the decoded frame on. `ref` is the actor's. */
export function applyOperation(room: OpenRoom, ref: number, actor: Actor, operation: Operation): Outcome {
  const outcome = write(room, ref, actor, operation);
  if (!outcome.ok) room.totals.refused(REFUSAL[outcome.code].code);
  return outcome;
}

function write(room: OpenRoom, ref: number, { role }: Actor, operation: Operation): Outcome {
  const writer: Writer = { ref, role, config: room.config, now: room.settings.now() };
  if (operation.type === "pin") return pin(room, writer, operation.target, operation.on);
  const kind = read(operation);
  if (typeof kind === "string") return refusal(kind);
  const wait = room.limits.write(ref, kind);
  if (wait > 0) return refusal("rate_limited", wait);
  const writing = { ...writer, id: operation.id };
  const written =
    operation.type === "post" ? writeMessage(room, writing, operation.files) : writeFrame(room, kind, writing);
  if (written.status === "stored") publishWritten(room, kind, ref, written);
  return outcomeOf(room, ref, written, shownBy(room, operation, written));
}

/** Seq of the message that was written or changed. A repeat may name another than the entry of its id: that of the entry counts. */
function shownBy({ log }: OpenRoom, operation: Exclude<Operation, { type: "pin" }>, written: Written): number {
  const seq = "seq" in written ? written.seq : 0;
  if (operation.type === "post") return seq;
  return (written.status === "duplicate" && log.entry(seq)?.target) || operation.target;
}

function pin(room: OpenRoom, writer: Writer, target: number, on: boolean): Outcome {
  const wait = room.limits.write(writer.ref, KIND.MSG);
  if (wait > 0) return refusal("rate_limited", wait);
  const written = writePin(room, target, on, writer);
  if (written.status === "stored") publishEntries(room, [writer.ref], written.frames);
  return outcomeOf(room, writer.ref, written, target);
}

/** Makes the frame of an operation and has the core read it: its kind, or why it is refused. */
function read(operation: Exclude<Operation, { type: "pin" }>): WriteKind | RefusalCode {
  if (operation.type === "post" && (operation.files ?? []).length > LIMIT.FILES_PER_MESSAGE_MAX) return "too_large";
  try {
    // before the frame is read: no other call may come between that and its writing
    if (operation.type === "post" && operation.files !== undefined) filesExt(operation.files);
    const kind = relay.read("up", frameOf(operation));
    if (kind < 0) throw new WireError(-kind);
    return kind as WriteKind;
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return error.code === "over_limit" ? "too_large" : "bad_request";
  }
}

function frameOf(operation: Exclude<Operation, { type: "pin" }>): Uint8Array {
  const { id } = operation;
  switch (operation.type) {
    case "post":
      return encodeText("MSG", id, operation.replyTo, textOf(operation));
    case "edit":
      return encodeText("EDIT", id, operation.target, operation.text);
    case "delete":
      return encode({ kind: "DELETE", id, body: { target: operation.target } });
    case "react":
      return encodeText(operation.on ? "REACT" : "UNREACT", id, operation.target, operation.emoji);
  }
}

/** Files without a word show their names, so that a client of texts alone shows something. */
function textOf({ text, files = [] }: PostOperation): string {
  return text === "" ? files.map(({ name }) => name).join(", ") : text;
}

function outcomeOf(room: OpenRoom, reader: number, written: Written, seq: number): Outcome {
  if (written.status === "refused") return refusal(written.code, written.retryAfterMs);
  const entry = room.log.entry(seq);
  if (entry === undefined) throw new Error("what was written is not there");
  const { messages, trimmed } = shownMessages(room, [entry], reader);
  return { ok: true, status: written.status, message: messages[0] ?? null, trimmed: trimmed[0] ?? null };
}

/** Why something was not written. */
export function refusal(code: RefusalCode, retryAfterMs = 0): Outcome {
  return { ok: false, code, message: REFUSAL[code].text, ...(retryAfterMs > 0 && { retryAfterMs }) };
}
