// What a Connection wants done and what it has to tell: shapes only.
import type { Frame, WelcomeBody } from "@ferrule/core";
import type { ResetEvent, RoomState } from "../events";
import type { RoomError } from "../room-error";

/** Where a client stands in the log. */
export interface Cursor {
  /** Sixteen hex digits; another epoch is another log. */
  readonly epoch: string;
  /** The last seq whose event was handled. */
  readonly seq: number;
}

/** What the owner of the socket is to do. `hang-up` also ends a dial under way; `take-ticket` is for the open line. */
export type Order =
  | { readonly do: "dial" }
  | { readonly do: "take-ticket" }
  | { readonly do: "send"; readonly data: Uint8Array | string }
  | { readonly do: "hang-up"; readonly code: number; readonly reason: string };

/** What became known. `frame`: logged frames once, in order and without gaps; unlogged ones as they come. */
export type News =
  | { readonly type: "state"; readonly state: RoomState; readonly error?: RoomError; readonly retryAt?: number }
  | { readonly type: "welcome"; readonly body: WelcomeBody }
  | ResetEvent
  | { readonly type: "role"; readonly role: number }
  | { readonly type: "frame"; readonly frame: Frame }
  | { readonly type: "error"; readonly error: RoomError; readonly id: Uint8Array | null }
  | { readonly type: "moved"; readonly cursor: Cursor }
  | { readonly type: "end"; readonly line: number; readonly bytes: number };
