// What is known of a file, its limits, and where its bytes stand. Shapes and numbers only: no storage, no HTTP.
import { type FileFact, LIMIT } from "@ferrule/core";

/** Most bytes of a file. */
export const FILE_BYTES_MAX = 10_485_760;
/** Most bytes of the picture of a person. */
export const AVATAR_BYTES_MAX = 1_048_576;
/** So many files a person may upload in FILES_WINDOW_MS: those that failed on the way count, and so do pictures of oneself. */
export const FILES_PER_WINDOW_MAX = 20;
export const FILES_WINDOW_MS = 3_600_000;
/** Up to so many bytes a file that is asked for whole is read whole, and its sum compared, before the first byte goes out. */
export const CHECKED_BYTES_MAX = 1_048_576;
/** A file that no message has by then goes. */
export const UNSENT_MS = 86_400_000;
/** How old a file may be that a message is given: an hour before it goes, so that no write under way can lose it. */
export const CLAIMABLE_MS = UNSENT_MS - 3_600_000;
/** More pixels are no picture for us: what decodes to gigabytes is offered for download and shown by nobody. */
export const PICTURE_PIXELS_MAX = 100_000_000;

/** Files of one message, and bytes of UTF-8 in a file's name (PROTOCOL.md section 13). */
export const { FILES_PER_MESSAGE_MAX, FILE_NAME_BYTES_MAX } = LIMIT;

/** Bytes of a file's id, all of them random. */
export const ID_BYTES = 16;

/** A file as stored; `id` is 16 bytes as base64url, width and height are 0 for what is no picture. */
export interface FileRow {
  readonly id: string;
  readonly name: string;
  readonly mime: string;
  /** Bytes. */
  readonly size: number;
  readonly width: number;
  readonly height: number;
}

/** A file as stored, with what its bytes are known by. */
export interface StoredFile extends FileRow {
  /** CRC-32 of the bytes as they came; null of a file from before sums were kept, until it is first checked. */
  readonly crc: number | null;
}

/** The file as a message carries it. */
export function toFact({ id, ...rest }: FileRow): FileFact {
  const binary = atob(id.replaceAll("-", "+").replaceAll("_", "/"));
  return { fileId: Uint8Array.from(binary, (character) => character.charCodeAt(0)), ...rest };
}

/** The file as a message carried it. */
export function toFileRow({ fileId, ...rest }: FileFact): FileRow {
  const id = btoa(String.fromCharCode(...fileId));
  return { id: id.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", ""), ...rest };
}

/** Where the bytes of a file stand in the bucket; those of a room stand under one prefix, so that they can go together. */
export function fileKey(room: string, id: string): string {
  return `${filesPrefix(room)}${id}`;
}

export function filesPrefix(room: string): string {
  return `files/${room}/`;
}

export function avatarKey(userId: string): string {
  return `avatars/${userId}`;
}
