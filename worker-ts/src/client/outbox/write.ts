// An own write as a frame and back: the frame is what is kept and sent, each time the same bytes. Pure.
import {
  decode,
  ERROR_CODE,
  EXT,
  encode,
  encodeText,
  filesExt,
  findExt,
  readFiles,
  uuidBytes,
  WireError,
} from "@ferrule/core";
import type { Outgoing } from "../events";
import { checkCount, fileFact, fileInfo } from "../file";
import { RoomError } from "../room-error";

/** What is written. `text` is the emoji of a reaction, and "" for a delete. */
export type Write = Pick<Outgoing, "kind" | "text" | "files" | "replyTo" | "target">;

/** The frame of a write under a client message id; that of a message with files holds them, and is never sent. Throws RoomError for what no room would take. */
export function encodeWrite(id: string, { kind, text, files, replyTo, target }: Write): Uint8Array {
  const bytes = uuidBytes(id);
  if (bytes === null) throw new RoomError("bad_request", `${id} is no UUID`);
  const about = kind === "message" ? (replyTo ?? 0) : (target ?? 0);
  if (!Number.isSafeInteger(about) || about < (kind === "message" ? 0 : 1)) {
    throw new RoomError("bad_request", `${about} is no seq of a message`);
  }
  checkCount(files);
  const facts = files.map(fileFact);
  try {
    if (facts.length > 0)
      return encode({ kind: "MSG", id: bytes, ext: [filesExt(facts)], body: { replyTo: about, text } });
    if (kind === "delete") return encode({ kind: "DELETE", id: bytes, body: { target: about } });
    return encodeText(WIRE_KIND[kind], bytes, about, text);
  } catch (cause) {
    if (!(cause instanceof WireError)) throw cause;
    const code = cause.answer === ERROR_CODE.TOO_LARGE ? "too_large" : "bad_request";
    throw new RoomError(code, `not a ${kind}: ${cause.message}`, { cause });
  }
}

const WIRE_KIND = { message: "MSG", edit: "EDIT", react: "REACT", unreact: "UNREACT" } as const;

/** What a kept frame says, or undefined when it is none that this version writes. */
export function decodeWrite(frame: Uint8Array): Write | undefined {
  try {
    const write = decode("up", frame);
    if ("skip" in write) return undefined;
    switch (write.kind) {
      case "MSG":
        return {
          kind: "message",
          text: write.body.text,
          files: (readFiles(findExt(write, EXT.FILES)) ?? []).map(fileInfo),
          replyTo: write.body.replyTo || null,
          target: null,
        };
      case "EDIT":
        return { kind: "edit", text: write.body.text, files: [], replyTo: null, target: write.body.target };
      case "DELETE":
        return { kind: "delete", text: "", files: [], replyTo: null, target: write.body.target };
      case "REACT":
        return { kind: "react", text: write.body.emoji, files: [], replyTo: null, target: write.body.target };
      case "UNREACT":
        return { kind: "unreact", text: write.body.emoji, files: [], replyTo: null, target: write.body.target };
      default:
        return undefined;
    }
  } catch {
    return undefined;
  }
}
