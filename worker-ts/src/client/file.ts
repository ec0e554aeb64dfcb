// A file of a message: as the application sees it, and as frames carry it.
import { type FileFact, LIMIT } from "@ferrule/core";
import type { FileInfo } from "./entry";
import { RoomError } from "./room-error";

const ID_BYTES = 16;

/** What a frame says of a file. */
export function fileInfo({ fileId, name, mime, size, width, height }: FileFact): FileInfo {
  const id = btoa(String.fromCharCode(...fileId));
  return { id: id.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", ""), name, mime, size, width, height };
}

/** The same for a frame. Throws RoomError for what is no file that a room has given. */
export function fileFact({ id, name, mime, size, width, height }: FileInfo): FileFact {
  const fileId = idBytes(id);
  if (fileId?.length !== ID_BYTES) throw new RoomError("bad_request", `${id} is no file's id`);
  return { fileId, name, mime, size, width, height };
}

function idBytes(id: string): Uint8Array | undefined {
  if (!/^[\w-]+$/.test(id)) return undefined;
  try {
    return Uint8Array.from(atob(id.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** The text of a message with files: their names where there is none, for whoever sees the text alone. As the room does it. */
export function textWith(text: string, files: readonly FileInfo[]): string {
  return text === "" ? files.map(({ name }) => name).join(", ") : text;
}

/** Throws RoomError when there are more than a message may have. */
export function checkCount(files: readonly FileInfo[]): void {
  if (files.length > LIMIT.FILES_PER_MESSAGE_MAX)
    throw new RoomError("too_large", `a message may have ${LIMIT.FILES_PER_MESSAGE_MAX} files`);
}
