// The two HTTP calls of the client: a ticket for the socket, and pages of old messages. No retries here.

import { HISTORY_DIRECTION } from "@ferrule/core";
import type { Page } from "./entry";
import { fields, type PageRequest, readHttpPage } from "./feed/read";
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
  const { ticket, url } = fields(await call(ports, "POST", "ticket", signal));
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

async function call(ports: HttpPorts, method: string, path: string, signal?: AbortSignal): Promise<unknown> {
  const url = new URL(`/api/rooms/${encodeURIComponent(ports.room)}/${path}`, ports.url);
  let response: Response;
  try {
    const token = await ports.token?.();
    response = await ports.fetch(url.href, {
      method,
      ...(token === undefined
        ? { credentials: "include" }
        : { credentials: "omit", headers: { authorization: `Bearer ${token}` } }),
      ...(signal === undefined ? {} : { signal }),
    });
    if (response.ok) return await response.json();
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
