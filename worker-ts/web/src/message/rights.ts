// What the user may do with a message, by role, authorship and age. Pure: the room decides in the end, this only offers.
import type { Role } from "../../../src/client";
import type { ShownMessage } from "../talk/underway";

/** What the rules look at besides the message. */
export interface Rights {
  /** Undefined: nobody who may write. */
  readonly role: Role | undefined;
  /** Nothing can be written any more. */
  readonly closed: boolean;
  /** How long (ms) a message may be edited; 0 = always. */
  readonly editWindowMs: number;
}

const present = (message: ShownMessage): boolean =>
  message.status === "stored" && message.deletedAt === null && message.leaving === undefined;

/** Answers and reactions. */
export const mayAnswer = (message: ShownMessage, { role, closed }: Rights): boolean =>
  present(message) && role !== undefined && !closed;

export const mayEdit = (message: ShownMessage, rights: Rights, now: number): boolean =>
  mayAnswer(message, rights) && message.mine && (rights.editWindowMs === 0 || now - message.ts < rights.editWindowMs);

export const mayDelete = (message: ShownMessage, rights: Rights): boolean =>
  mayAnswer(message, rights) && (message.mine || rights.role !== "member");

export const mayPin = (message: ShownMessage, rights: Rights): boolean =>
  mayAnswer(message, rights) && rights.role !== "member";
