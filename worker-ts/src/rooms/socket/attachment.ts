// What one socket must remember over a sleep, as its attachment (16,384 bytes at most; ours stays below 600). Shape,
// writing and reading only.
import { PRESENCE_STATE } from "@ferrule/core";
import type { RoleName } from "../operation";
import { type Limited, unlimited } from "./buckets";

/** A HISTORY_REQ. */
export type WaitingPage = readonly [id: Uint8Array, direction: number, from: number, limit: number];

/** Everything the room knows of one connection. It is saved whole; what is not in here dies with a sleep. */
export interface Attachment extends Limited {
  /** Number of this connection, unique in the room. */
  readonly conn: number;
  readonly ref: number;
  readonly userId: string;
  /** The session that admission rests on. */
  sessionId: string;
  role: RoleName;
  /** Version of the role, as in Actor. */
  roleAt: number;
  /** When admission ends, ms since 1970. */
  expiresAt: number;
  /** Whether HELLO was said, and it has not left since. */
  hello: boolean;
  /** What it was granted in WELCOME, FEATURE bits. */
  features: number;
  /** Whether the person is here or away on this connection: a PRESENCE_STATE. */
  presence: number;
  /** Until when it counts as typing, ms since 1970; 0 when it has stopped. */
  typing: number;
  /** Features of which frames were held back by the window, so that their whole state must follow: FEATURE bits. */
  missed: number;
  /** Server time of the last message, or of accepting; behind by PING_INTERVAL_MS at most. */
  seen: number;
  /** While the connection recovers: the seq up to which entries were sent. Null when it is live. */
  replayAt: number | null;
  /** Bytes of binary messages sent, at least. */
  sent: number;
  /** How many bytes more may have been sent: those a sleep forgot. */
  unsure: number;
  /** Bytes the client says it has handled. */
  consumed: number;
  /** Pages asked for and held back by the window. */
  pages: readonly WaitingPage[];
}

/** Raised when what is saved changes its shape. */
const VERSION = 2;

/** What is saved behind the version, in this order: with the names it would be a quarter more. */
const FIELDS = [
  "conn",
  "ref",
  "userId",
  "sessionId",
  "role",
  "roleAt",
  "expiresAt",
  "hello",
  "features",
  "presence",
  "typing",
  "missed",
  "seen",
  "replayAt",
  "sent",
  "unsure",
  "consumed",
  "pages",
  "buckets",
  "held",
  "strikes",
] as const satisfies readonly (keyof Attachment)[];

/** What comes back; a field that is not saved makes it no Attachment, and this module does not compile. */
type Saved = Pick<Attachment, (typeof FIELDS)[number]>;

/** What is known of a socket before it has said anything. */
export type Opened = Pick<Attachment, "conn" | "ref" | "userId" | "sessionId" | "role" | "roleAt" | "expiresAt">;

/** The attachment of a socket that is being accepted. */
export function newAttachment(opened: Opened, now: number): Attachment {
  return {
    ...opened,
    ...unlimited(),
    hello: false,
    features: 0,
    presence: PRESENCE_STATE.HERE,
    typing: 0,
    missed: 0,
    seen: now,
    replayAt: null,
    sent: 0,
    unsure: 0,
    consumed: 0,
    pages: [],
  };
}

/** Saves everything; with nearly every frame, so it is as quick as it can be. */
export function writeAttachment(socket: WebSocket, state: Attachment): void {
  const saved: unknown[] = [VERSION];
  for (const field of FIELDS) saved.push(state[field]);
  socket.serializeAttachment(saved);
}

/** The attachment of a socket, or null when it has none of ours: such a socket belongs to nobody. */
export function readAttachment(socket: WebSocket): Attachment | null {
  const value: unknown = socket.deserializeAttachment();
  if (!Array.isArray(value) || value[0] !== VERSION) return null;
  return Object.fromEntries(FIELDS.map((field, at) => [field, value[at + 1]])) as Saved;
}
