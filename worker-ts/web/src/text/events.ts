// Room events in words. Pure: numbers and names in, parts of a sentence out.
import { SYSTEM_EVENT, type SystemEntry } from "../../../src/client";

/** A piece of the sentence; a name is set apart, for it may be written in any direction. */
export interface Piece {
  readonly text: string;
  readonly name?: true;
}

const name = (text: string): Piece => ({ text, name: true });
const plain = (text: string): Piece => ({ text });

/** "1 s", "30 s", "2 min", "1 h": the largest unit that tells it exactly. */
export function spanLabel(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds >= 3600 && seconds % 3600 === 0) return `${seconds / 3600} h`;
  return seconds >= 60 && seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}

function slowMode(by: Piece | undefined, text: string): Piece[] {
  const ms = Number(text);
  const pace = `: one message every ${spanLabel(ms)}`;
  if (by === undefined) return [plain(ms > 0 ? `Slow mode is on${pace}` : "Slow mode is off")];
  return [by, plain(ms > 0 ? ` switched slow mode on${pace}` : " switched slow mode off")];
}

/**
 * What happened, as a sentence without its full stop; undefined when there is nothing to tell.
 * @param who did it; undefined: the room itself.
 * @param whom it concerns.
 */
export function eventPieces(
  entry: Pick<SystemEntry, "event" | "text">,
  who: string | undefined,
  whom: string | undefined,
): readonly Piece[] | undefined {
  const by = who === undefined ? undefined : name(who);
  const to = whom === undefined ? plain("somebody") : name(whom);
  const self = whom === undefined ? (by ?? plain("Somebody")) : to;
  /** "Ada closed the room", or "The room was closed" when nobody is named. */
  const done = (active: string, passive: string) => (by === undefined ? [plain(passive)] : [by, plain(active)]);
  switch (entry.event) {
    case SYSTEM_EVENT.TITLE:
      return [...done(" named the room ", "The room is now called "), name(entry.text)];
    case SYSTEM_EVENT.JOINED:
      return [self, plain(" joined")];
    case SYSTEM_EVENT.LEFT:
      return [self, plain(" left")];
    case SYSTEM_EVENT.ROLE:
      return [to, plain(` is now ${entry.text === "owner" ? "an" : "a"} ${entry.text}`)];
    case SYSTEM_EVENT.BANNED:
      return [to, plain(" was banned")];
    case SYSTEM_EVENT.UNBANNED:
      return [to, plain(" may come in again")];
    case SYSTEM_EVENT.CLOSED:
      return done(" closed the room", "The room was closed");
    case SYSTEM_EVENT.REOPENED:
      return done(" opened the room again", "The room was opened again");
    case SYSTEM_EVENT.SLOW_MODE:
      return slowMode(by, entry.text);
    case SYSTEM_EVENT.PINNED:
      return done(" pinned a message", "A message was pinned");
    case SYSTEM_EVENT.UNPINNED:
      return done(" unpinned a message", "A message was unpinned");
    default:
      return entry.text === "" ? undefined : [plain(entry.text)];
  }
}
