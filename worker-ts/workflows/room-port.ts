// How steps reach rooms: functions that the composition puts where the steps, which are a bundle of their own, find them. Types and the
// place; what the functions do is the composition's. Each is told which run asks, and acts for whom that
// run belongs to, whatever its arguments say and whoever woke it.

/** A refusal by a room: stable code, words for people, and when to come again, where that helps. */
export interface Refused {
  readonly ok: false;
  readonly code: string;
  readonly message: string;
  readonly retryAfterMs?: number;
}

/** What somebody said, as a digest counts it. */
export interface Said {
  readonly seq: number;
  /** ms since 1970. */
  readonly ts: number;
  readonly userId: string;
  readonly name: string;
  readonly bot: boolean;
  /** Empty when it was erased. */
  readonly text: string;
}

/** What members may say to a card: a link each. */
export type Choice = "approve" | "reject" | "done";

/** Somebody's choice, as it comes to a run; `proof` says that this house took it. */
export interface Chosen {
  readonly choice: Choice;
  readonly name: string;
  readonly proof: string;
}

/** What steps may do in rooms. */
export interface RoomPort {
  /** The name of whom the run belongs to, if they are a member of this room. */
  asker(query: {
    readonly runId: string;
    readonly room: string;
  }): Promise<{ readonly ok: true; readonly name: string } | Refused>;
  /** Posts as a bot, or edits what it posted (its seq). Once for each key. */
  post(post: {
    readonly runId: string;
    readonly room: string;
    readonly bot: string;
    readonly key: string;
    readonly text: string;
    /** Seq of the message answered to. */
    readonly replyTo?: number | undefined;
    readonly edit?: number | undefined;
  }): Promise<{ readonly ok: true; readonly seq: number } | Refused>;
  /** Messages by falling seq, those before `before` (0: the newest). */
  read(query: {
    readonly runId: string;
    readonly room: string;
    readonly before: number;
  }): Promise<{ readonly ok: true; readonly messages: readonly Said[]; readonly more: boolean } | Refused>;
  /** The address of a run's page. */
  runLink(runId: string): string;
  /** The address where a member chooses. */
  choiceLink(room: string, runId: string, choice: Choice): string;
  /** Whether this house took the choice for this hook. */
  isChosen(token: string, chosen: Chosen): Promise<boolean>;
}

const PLACE = Symbol.for("ferrule.rooms");

/** Hands the functions over, at module scope. */
export function setRoomPort(port: RoomPort): void {
  Reflect.set(globalThis, PLACE, port);
}

/** The functions. */
export function roomPort(): RoomPort {
  const port = Reflect.get(globalThis, PLACE) as RoomPort | undefined;
  if (port === undefined) throw new Error("no rooms here: the composition has to call setRoomPort");
  return port;
}

/** The hook by which members choose. The room is part of it, so a member of another room finds nothing. */
export const choiceToken = (room: string, runId: string): string => `choice:${room}:${runId}`;
