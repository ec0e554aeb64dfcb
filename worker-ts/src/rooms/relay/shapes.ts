// What crosses between a room and its relays (RELAY.md): shapes only. Every call may come twice, and an answer may be lost: whatever is
// told here can be told again.
import type { Counts } from "../log/totals";
import type { Revocation, RoleName } from "../operation";
import type { WaitingPage } from "../socket/attachment";
import type { Renewal } from "../socket/frame/peer";

/** Where a newcomer's socket is to be opened: the room's answer to an upgrade that it does not serve itself. */
export interface Place {
  /** Number of the relay. */
  readonly n: number;
  /** Number of the connection, unique in the room. */
  readonly conn: number;
  readonly ref: number;
  readonly role: RoleName;
  /** Of the log that the ref belongs to: eight numbers, for it goes as JSON. */
  readonly epoch: readonly number[];
  /** Connections that the user has at the room itself: they count against CONNECTIONS_PER_USER_MAX. */
  readonly tabs: number;
}

/** Frames to broadcast, one behind the other, as few arrays as can be: one packing serves all relays. */
export interface Bundle {
  readonly bytes: Uint8Array;
  /** Three numbers for each frame: its length; 0, or LOGGED, or the FEATURE it wants; the ref that does not get it, 0 = none. */
  readonly marks: readonly number[];
}

/** What a relay must do with sockets of one user; those from before it, by their numbers, and never twice (`id` only rises). */
export type RelayEvent = { readonly id: number; readonly conn: number } & (
  | { readonly type: "revoke"; readonly revocation: Revocation }
  | { readonly type: "role"; readonly userId: string; readonly role: RoleName; readonly roleAt: number }
);

/** Down: how things stand in the room, and what is new. Any of the bundles may be missing: `head` shows what a relay has not got. */
export interface Push {
  readonly epoch: Uint8Array;
  /** The room's newest seq of those that were broadcast. */
  readonly head: number;
  readonly slowModeMs: number;
  /** Whether the room was deleted. */
  readonly removed: boolean;
  readonly bundles: readonly Bundle[];
  readonly events: readonly RelayEvent[];
}

/** How things stand at a relay. */
export interface Report {
  /** Rises with each: one that comes late says nothing any more. */
  readonly order: number;
  /** Everything up to this seq has left for its sockets. */
  readonly at: number;
  /** `id` of the last event that it has handled. */
  readonly told: number;
  /** Open sockets; of those the connections that have said HELLO, and their people. */
  readonly sockets: number;
  readonly connections: number;
  readonly people: number;
}

/** Who a frame comes from, as the relay knows it. */
export interface Sender {
  readonly conn: number;
  readonly ref: number;
  readonly role: RoleName;
  readonly roleAt: number;
}

/** What comes up from a connection: a frame as it came; a HELLO; a page or a whole state that its window has room for. */
export type UpItem = Sender &
  (
    | { readonly type: "frame"; readonly bytes: Uint8Array }
    | {
        readonly type: "hello";
        readonly userId: string;
        readonly expiresAt: number;
        readonly epoch: Uint8Array;
        readonly lastSeq: number;
        readonly features: number;
        /** It had joined in another epoch: whether its ref still means the same is to be seen. */
        readonly again: boolean;
      }
    | { readonly type: "page"; readonly page: WaitingPage }
    | { readonly type: "missed"; readonly missed: number }
  );

/** Up: all of one tick. The same `life` and `number` are the same call again. */
export interface UpBatch {
  readonly n: number;
  readonly life: string;
  readonly number: number;
  /** Of the log that the refs of it belong to: in another one they are other people's. */
  readonly epoch: Uint8Array;
  readonly report: Report;
  readonly items: readonly UpItem[];
  /** Who types, or has stopped: TYPING_STATE by ref. */
  readonly typing: readonly (readonly [ref: number, state: number])[];
  /** How far people have read. */
  readonly reads: readonly (readonly [ref: number, upTo: number])[];
  /** What was counted since the last call. */
  readonly counts: Counts;
}

/** One thing to do with a connection. */
export type Act =
  | readonly ["send", frame: Uint8Array]
  | readonly ["refuse", code: number, text: string, id: Uint8Array | null]
  | readonly ["hold", kind: number, id: Uint8Array | null, retryAfterMs: number]
  | readonly ["fail", error: "FORBIDDEN" | "INTERNAL" | "UNAUTHENTICATED", text: string]
  | readonly ["prolong", renewal: Renewal];

/** The answer to an item. */
export interface Answer {
  readonly acts: readonly Act[];
  /** To a HELLO that was let in. */
  readonly opened?: {
    readonly features: number;
    readonly startSeq: number;
    readonly role: RoleName;
    readonly roleAt: number;
  };
  /** To a page: it is true for a connection that has all up to this seq, and no more. */
  readonly asOf?: number;
}

/** The answer to an UpBatch: what is new comes before the answers, which stand in the order of the items. */
export interface UpAnswer {
  readonly push: Push;
  readonly answers: readonly Answer[];
}

/** Messages for sockets that hold the entries up to `upTo`, in order, with the people who wrote them. */
export interface Entries {
  readonly epoch: Uint8Array;
  readonly frames: readonly Uint8Array[];
  readonly upTo: number;
}

/** Whose admission is to go on. */
export interface Refreshing extends Sender {
  readonly userId: string;
  readonly expiresAt: number;
}

/** What a relay asks of its room. */
export interface RoomLine {
  up(batch: UpBatch): Promise<UpAnswer>;
  /** The entries behind `after`, as many as one call should carry. */
  entries(after: number): Promise<Entries>;
  /** An AUTH_REFRESH, by itself: others do not wait for what is asked outside. */
  refresh(from: Refreshing, bytes: Uint8Array): Promise<Answer>;
}

/** What a room asks of a relay. */
export interface RelayLine {
  down(push: Push): Promise<Report>;
}
