// The HTTP calls of the client: a ticket for the socket, pages of old messages, files, messages with files, pins. No retries here.

import { HISTORY_DIRECTION } from "@ferrule/core";
import type { FileInfo, Page } from "./entry";
import { fields, type PageRequest, readHttpFile, readHttpPage } from "./feed/read";
import type { Write } from "./outbox/write";
import type { Platform } from "./platform";
import { RoomError } from "./room-error";

/** What opens one socket, once. */
export interface Ticket {
  readonly ticket: string;
  /** The socket's address, ws: or wss:. */
  readonly url: string;
}

export interface HttpPorts {
  readonly fetch: Platform["fetch"];
  readonly url: URL;
  readonly room: string;
  readonly token: (() => string | undefined | Promise<string | undefined>) | undefined;
}

/** Takes a ticket. Throws RoomError; it is fatal when asking again cannot help (signed out, banned, no such room). */
export async function takeTicket(ports: HttpPorts, signal: AbortSignal): Promise<Ticket> {
  const { ticket, url } = fields(await call(ports, "POST", "ticket", { signal }));
  if (typeof ticket !== "string" || typeof url !== "string") {
    throw new RoomError("bad_answer", "a ticket of an unknown shape", { fatal: true });
  }
  return { ticket, url };
}

/** Reads messages from room and archive alike. */
export async function readMessages(ports: HttpPorts, request: PageRequest, selfId: string | undefined): Promise<Page> {
  const { direction, from, limit } = request;
  const border = direction === HISTORY_DIRECTION.AFTER ? `after=${from}&` : from > 0 ? `before=${from}&` : "";
  return readHttpPage(await call(ports, "GET", `messages?${border}limit=${limit}`), request, selfId);
}

/** Uploads a file; a message may have it then. */
export async function uploadFile(ports: HttpPorts, file: Blob, name: string): Promise<FileInfo> {
  const headers = { "content-type": "application/octet-stream" };
  return readHttpFile(await call(ports, "POST", `files?name=${encodeURIComponent(name)}`, { body: file, headers }));
}

/** Where the bytes of a file are. */
export function fileUrl({ room, url }: Pick<HttpPorts, "room" | "url">, id: string): string {
  return new URL(`/api/rooms/${encodeURIComponent(room)}/files/${encodeURIComponent(id)}`, url).href;
}

/** Writes a message with files, under its client message id. */
export async function postMessage(
  ports: HttpPorts,
  id: string,
  { text, files, replyTo }: Write,
  signal: AbortSignal,
): Promise<{ seq: number; ts: number }> {
  const body = JSON.stringify({ text, replyTo, files: files.map((file) => file.id) });
  const headers = { "content-type": "application/json", "idempotency-key": id };
  const { seq, ts } = fields(await call(ports, "POST", "messages", { body, headers, signal }));
  if (typeof seq !== "number" || typeof ts !== "number")
    throw new RoomError("bad_answer", "a message of an unknown shape");
  return { seq, ts };
}

/** Pins a message, or takes its pin away. */
export async function setPin(ports: HttpPorts, seq: number, on: boolean): Promise<void> {
  await call(ports, on ? "PUT" : "DELETE", `messages/${seq}/pin`);
}

type Sent = Pick<RequestInit, "body" | "signal"> & { readonly headers?: Readonly<Record<string, string>> };

async function call(ports: HttpPorts, method: string, path: string, { headers, ...sent }: Sent = {}): Promise<unknown> {
  const url = new URL(`/api/rooms/${encodeURIComponent(ports.room)}/${path}`, ports.url);
  let response: Response;
  try {
    const token = await ports.token?.();
    response = await ports.fetch(url.href, {
      ...sent,
      method,
      ...(token === undefined
        ? { credentials: "include", headers: { ...headers } }
        : { credentials: "omit", headers: { ...headers, authorization: `Bearer ${token}` } }),
    });
    if (response.ok) return response.status === 204 ? undefined : await response.json();
  } catch (cause) {
    throw new RoomError("network", `${method} ${url.pathname} was not answered`, { cause });
  }
  throw await refusal(response);
}

/** The error envelope (docs/http.md), or what the status alone says. */
async function refusal(response: Response): Promise<RoomError> {
  const { status } = response;
  const body: unknown = await response.json().catch(() => undefined);
  const error = (body as { error?: { code?: unknown; message?: unknown; retryAfterMs?: unknown } } | undefined)?.error;
  const passing = status >= 500 || status === 408 || status === 429;
  return new RoomError(
    typeof error?.code === "string"
      ? error.code
      : status === 401
        ? "unauthenticated"
        : passing
          ? "internal"
          : "refused",
    typeof error?.message === "string" ? error.message : `HTTP ${status}`,
    {
      fatal: !passing,
      ...(typeof error?.retryAfterMs === "number" ? { retryAfterMs: error.retryAfterMs } : {}),
    },
  );
}
