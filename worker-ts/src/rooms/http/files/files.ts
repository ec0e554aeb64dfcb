// /api/rooms/:id/files: bytes into the bucket and out of it. Who may read the room is asked each time; what a file is, its own
// first bytes say, so nothing that a browser would run is ever sent as such.
import * as z from "zod";
import { ApiError, type Bindings, now, type Route, randomBytes, route, toBase64url } from "../../../platform";
import { readSound, toSumText } from "../../files/check";
import {
  CHECKED_BYTES_MAX,
  FILE_BYTES_MAX,
  FILES_PER_WINDOW_MAX,
  fileKey,
  ID_BYTES,
  type StoredFile,
} from "../../files/fact";
import { findFile, finishFile, reserveFile } from "../../files/file-table";
import { cleanFileName, contentDisposition, SENT_NAME_MAX } from "../../files/name";
import { joinedRoom, readableRoom } from "../access";
import { roomPath, uploadedShape } from "../shapes";
import { putBody, sentLength } from "./bytes";
import { namesTag, parseRange } from "./conditions";

/** What is sent when it is no picture. */
const BYTES = "application/octet-stream";

const upload = route(
  {
    method: "POST",
    path: "/api/rooms/:id/files",
    summary: `Uploads a file of at most ${FILE_BYTES_MAX} bytes, which a message may then be given; ${FILES_PER_WINDOW_MAX} an hour.`,
    access: "user",
    params: roomPath,
    query: z.object({
      name: z.string().max(SENT_NAME_MAX).default("").meta({ description: "What it is called; cleaned, and cut." }),
    }),
    bodyType: BYTES,
    headers: { "content-length": "How many bytes will come; exactly as many must." },
    answers: { 201: uploadedShape },
    errors: ["forbidden", "banned", "not_found", "room_closed", "length_required", "rate_limited"],
  },
  async ({ env, caller, params, query, request }) => {
    const { room } = await joinedRoom(env, params.id, caller);
    if (room.closedAt !== null) throw new ApiError("room_closed", "the room is closed");
    const size = sentLength(request, FILE_BYTES_MAX);
    const file = { id: toBase64url(randomBytes(ID_BYTES)), name: cleanFileName(query.name), size };
    const retryAfterMs = await reserveFile(env.DB, { room: room.id, userId: caller.userId }, file, now());
    if (retryAfterMs > 0)
      throw new ApiError("rate_limited", `a person may upload ${FILES_PER_WINDOW_MAX} files an hour`, { retryAfterMs });
    const { picture, crc } = await putBody(env.FILES, fileKey(room.id, file.id), request, size);
    const { mime, width, height } = picture ?? { mime: BYTES, width: 0, height: 0 };
    if (!(await finishFile(env.DB, { id: file.id, mime, width, height, crc }))) {
      // the room was purged while the bytes came; nothing else would ever find them
      await env.FILES.delete(fileKey(room.id, file.id));
      throw new ApiError("not_found", "there is no such room");
    }
    return { status: 201, body: { ...file, mime, width, height, crc32: toSumText(crc) } };
  },
);

const download = route(
  {
    method: "GET",
    path: "/api/rooms/:id/files/:fileId",
    summary: "The bytes of a file: pictures to be shown, all else to be saved. Their sum is in `x-ferrule-crc32`.",
    access: "anyone",
    params: roomPath.extend({ fileId: z.string().regex(/^[\w-]{22}$/) }),
    headers: {
      range: "One range of bytes; several, and other units, are answered with all of it.",
      "if-none-match": "The `etag` of an answer before: 304 as long as the file is to be had.",
    },
    contentType: "*/*",
    answers: { 200: z.string(), 206: z.string(), 304: null },
    errors: ["not_found", "banned", "range_not_satisfiable", "damaged"],
  },
  async ({ env, caller, params, request }) => {
    const { room } = await readableRoom(env, params.id, caller);
    const file = await findFile(env.DB, room.id, params.fileId, caller?.userId ?? null);
    if (file === null) throw noFile();
    return send(env, room.id, file, request);
  },
);

/** The routes of this file. */
export const filesRoutes: readonly Route[] = [upload, download];

const noFile = () => new ApiError("not_found", "there is no such file");

async function send(env: Bindings, room: string, file: StoredFile, request: Request): Promise<Response> {
  // the bytes behind an id never change
  const etag = `"${file.id}"`;
  const headers = headersOf(file, etag);
  if (namesTag(request.headers.get("if-none-match"), etag)) return new Response(null, { status: 304, headers });
  const ifRange = request.headers.get("if-range");
  const asked = ifRange === null || ifRange === etag ? request.headers.get("range") : null;
  const range = parseRange(asked, file.size);
  if (range === "outside")
    throw new ApiError("range_not_satisfiable", `the file has ${file.size} bytes`, { field: "range" });
  const { offset, length } = range ?? { offset: 0, length: file.size };
  headers.set("content-length", String(length));
  if (range !== null) headers.set("content-range", `bytes ${offset}-${offset + length - 1}/${file.size}`);
  const status = range === null ? 200 : 206;
  if (request.method === "HEAD") return new Response(null, { status, headers });
  const object = await env.FILES.get(fileKey(room, file.id), range === null ? {} : { range });
  if (object === null) throw noFile();
  if (range !== null || file.size > CHECKED_BYTES_MAX) return new Response(object.body, { status, headers });
  const bytes = await readSound(object, file);
  if (bytes === null) {
    const cause = new Error(`${object.key} has other bytes than were uploaded`);
    throw new ApiError("damaged", "the file is damaged: its bytes are not those that were uploaded", { cause });
  }
  return new Response(bytes, { status, headers });
}

/** A file is opened by itself only, with nothing allowed to it; it may be kept, but whoever keeps it asks before each use. */
function headersOf({ name, mime, crc }: StoredFile, etag: string): Headers {
  return new Headers({
    "content-type": mime,
    "content-disposition": contentDisposition(mime === BYTES ? "attachment" : "inline", name),
    "content-security-policy": "sandbox",
    "cache-control": "private, no-cache",
    "accept-ranges": "bytes",
    etag,
    // whoever has all of the file can see by it that nothing is missing
    ...(crc !== null && { "x-ferrule-crc32": toSumText(crc) }),
  });
}
