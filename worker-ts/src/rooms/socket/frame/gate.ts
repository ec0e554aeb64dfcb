// What a frame must pass before anybody looks at what it asks for: the core's checks, HELLO first, an admission that has not
// ended, the buckets. The same at a room and at its relays; nothing of the log is known here.
import { answerOf, decode, ERROR_CODE, type FrameOf, KIND, type KindName, reasonName, relay } from "@ferrule/core";
import type { RoomConfig } from "../../operation";
import { REFUSAL } from "../../room";
import type { RoomSettings } from "../../settings";
import { bucketOf, type Limits, laneOf } from "../buckets";
import type { Connection } from "../connection";
import { refusedId } from "./refused-id";

/** What stands at a gate: the limits of whoever owns the sockets. */
export interface Gate {
  readonly settings: RoomSettings;
  readonly limits: Limits;
  readonly config: Pick<RoomConfig, "slowModeMs">;
}

/** A frame that may be handled. It is the one that the core has read last, until the core is called again. */
export interface Passed {
  /** One of KIND, or of a kind that no server serves. */
  readonly kind: number;
  readonly id: Uint8Array | null;
}

/** Where a frame's kind stands (PROTOCOL.md section 2). */
const KIND_AT = 2;
/** What the core answers to a frame of an unassigned kind 64..127. */
const SKIP = 0;
/** Pages one connection may have waiting for its window, and when one more may be asked for again. */
const WAITING_PAGES_MAX = 4;
const PAGES_RETRY_MS = 1_000;

/** Lets a frame through, or answers it: undefined for one that was refused, dropped or is to be skipped. */
export function pass(gate: Gate, connection: Connection, bytes: Uint8Array): Passed | undefined {
  const kind = relay.read("up", bytes);
  if (kind === SKIP) return undefined;
  if (kind < 0) return refuseFrame(gate, connection, -kind, bytes);
  const { state } = connection;
  const greeted = state.hello || connection.greeting;
  if (kind === KIND.HELLO) {
    if (!greeted) return { kind, id: null };
    connection.fail("BAD_STATE", "HELLO was said");
    return undefined;
  }
  if (!greeted) {
    connection.fail("BAD_STATE", "HELLO comes first");
    return undefined;
  }
  // The alarm closes it; should that come late, nothing passes meanwhile.
  if (state.expiresAt + gate.settings.admissionGraceMs <= gate.settings.now()) {
    connection.fail("EXPIRED", "the admission has ended");
    return undefined;
  }
  const id = relay.id();
  return mayPass(gate, connection, kind, bytes, id) ? { kind, id } : undefined;
}

/** Refuses a frame that cannot be read. One that the connection survives costs as much as a good one of its kind. */
function refuseFrame(gate: Gate, connection: Connection, reason: number, bytes: Uint8Array): undefined {
  const { code, fatal } = answerOf(reason);
  const id = refusedId(bytes);
  if (fatal) connection.fail(code, reasonName(reason));
  else if (mayPass(gate, connection, bytes[KIND_AT] ?? 0, bytes, id)) connection.refuse(code, reasonName(reason), id);
}

/** Takes the tokens of a frame. One that finds none is refused, or dropped where a later one tells the same. */
function mayPass(gate: Gate, connection: Connection, kind: number, bytes: Uint8Array, id: Uint8Array | null): boolean {
  const wait = gate.limits.frame(connection.state, connection.state.ref, kind, bytes.byteLength);
  if (wait === 0) connection.save();
  else if (bucketOf(kind) !== "soft") hold(gate, connection, kind, id, wait);
  return wait === 0;
}

/** Refuses a frame that must wait; who does not wait, again and again, is sent away. */
export function hold(
  { limits, config }: Gate,
  connection: Connection,
  kind: number,
  id: Uint8Array | null,
  retryAfterMs: number,
): void {
  const tooOften = limits.refuse(connection.state, laneOf(kind, config.slowModeMs), retryAfterMs);
  connection.save();
  if (tooOften) connection.fail("RATE_LIMITED", "told to wait, and did not");
  else connection.refuse(ERROR_CODE.RATE_LIMITED, REFUSAL.rate_limited.text, id, retryAfterMs);
}

/** The frame of a kind that the core has accepted, as an object. */
export function frameOf<K extends KindName>(kind: K, bytes: Uint8Array): FrameOf<K> {
  const frame = decode("up", bytes);
  if ("skip" in frame || frame.kind !== kind) throw new TypeError(`not a ${kind}`);
  return frame as FrameOf<K>;
}

/** Puts the page that a HISTORY_REQ asks for among those that wait; `feed` sends it. */
export function queuePage(gate: Gate, connection: Connection, bytes: Uint8Array): void {
  const { id, body } = frameOf("HISTORY_REQ", bytes);
  const { state } = connection;
  if (id === null) throw new TypeError("a HISTORY_REQ has an id");
  if (state.pages.length >= WAITING_PAGES_MAX) hold(gate, connection, KIND.HISTORY_REQ, id, PAGES_RETRY_MS);
  else state.pages = [...state.pages, [id, body.direction, body.from, body.limit]];
}
