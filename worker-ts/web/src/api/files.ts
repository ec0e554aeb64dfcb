// Bytes up, with their progress told: fetch does not tell it, so this is the older way.
import type { FileInfo } from "../../../src/client";
import { errorFrom, offline } from "./call";

/** Takes one file; tells how much of it (0 to 1) has left. Throws ApiError. */
export function uploadFile(
  room: string,
  file: File,
  progress: (share: number) => void,
  signal: AbortSignal,
): Promise<FileInfo> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/api/rooms/${room}/files?name=${encodeURIComponent(file.name)}`);
    request.setRequestHeader("content-type", file.type || "application/octet-stream");
    request.responseType = "json";
    request.upload.addEventListener("progress", ({ loaded, total }) => progress(total === 0 ? 0 : loaded / total));
    request.addEventListener("load", () => {
      if (request.status >= 200 && request.status < 300) resolve(request.response as FileInfo);
      else reject(errorFrom(request.status, request.response));
    });
    for (const end of ["error", "abort", "timeout"]) request.addEventListener(end, () => reject(offline()));
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

/** Where the bytes of a file are. */
export const filePath = (room: string, file: string): string => `/api/rooms/${room}/files/${encodeURIComponent(file)}`;
