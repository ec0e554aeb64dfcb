// What a bot is in a room: a person with the flag for bots (PROTOCOL.md section 7), who has no account and no row in D1. Its id and its
// name come from one word of the program that speaks as it.
import type { Identity } from "../operation";

/** Begins the user id of every bot; auth makes none with a dash. */
const PREFIX = "bot-";
/** With the prefix far below USER_ID_BYTES_MAX and NAME_BYTES_MAX. */
const WORD = /^[a-z][a-z0-9-]{1,31}$/;

/** The bot of this word: `room-digest` is "Room digest" and has the id `bot-room-digest`. Throws for what is no such word. */
export function botOf(word: string): Identity {
  if (!WORD.test(word)) throw new TypeError("a bot is named by 2 to 32 characters of a-z, 0-9 and -");
  return { userId: PREFIX + word, name: nameOf(word), guest: false, bot: true };
}

/** The name of the bot with this user id; undefined when it is no bot's. */
export function botNameOf(userId: string): string | undefined {
  const word = userId.slice(PREFIX.length);
  return userId.startsWith(PREFIX) && WORD.test(word) ? nameOf(word) : undefined;
}

const nameOf = (word: string) => word[0]!.toUpperCase() + word.slice(1).replaceAll("-", " ");
