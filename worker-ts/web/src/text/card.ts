// Cards: messages of bots whose last lines are links (worker-ts/workflows/room-steps.ts). Pure: gives parts, draws nothing, and lets
// through only addresses of this house, as paths.

/** What a member may say to a card. */
export interface CardChoice {
  readonly room: string;
  readonly run: string;
  readonly choice: "approve" | "reject" | "done";
}

/** A link of a card. */
export interface CardLink {
  readonly word: string;
  /** Path on this origin. */
  readonly href: string;
  /** What following it says, where it says something. */
  readonly choice: CardChoice | undefined;
}

/** A message of a bot, taken apart. */
export interface CardParts {
  readonly text: string;
  readonly links: readonly CardLink[];
}

const LINE = /^(Approve|Reject|Done|Timeline): (?:https?:\/\/[^/\s]+)?(\/(?:runs|choices)\/[\w/-]+)$/;

const CHOICE = /^\/choices\/([a-z0-9-]{3,48})\/(wrun_[0-9A-Z]{26})\/(approve|reject|done)$/;

function choiceOf(href: string): CardChoice | undefined {
  const [, room, run, choice] = CHOICE.exec(href) ?? [];
  return room === undefined ? undefined : { room, run: run!, choice: choice as CardChoice["choice"] };
}

/** Whether this user id is a bot's. */
export const isBot = (userId: string): boolean => userId.startsWith("bot-");

const UTC = /\b\d{4}-\d\d-\d\d \d\d:\d\d UTC\b/g;

/** A bot's words with its times, which are in UTC for everybody alike, as the reader's. What only looks like a time, as the people's
 * words in a card may, stays as it is. */
export const ownTimes = (text: string, say: (at: number) => string): string =>
  text.replace(UTC, (time) => {
    const minute = time.replace(" UTC", "").replace(" ", "T");
    const at = Date.parse(`${minute}Z`);
    // months and days that there are not are no time, or are taken for another one
    return Number.isNaN(at) || !new Date(at).toISOString().startsWith(minute) ? time : say(at);
  });

/** The words of a card and the links at its end. What people wrote stands in single lines before them. */
export function cardParts(text: string): CardParts {
  const lines = text.split("\n");
  const links: CardLink[] = [];
  for (let found = LINE.exec(lines.at(-1) ?? ""); found !== null; found = LINE.exec(lines.at(-1) ?? "")) {
    const href = found[2]!;
    links.unshift({ word: found[1]!, href, choice: choiceOf(href) });
    lines.pop();
  }
  return { text: lines.join("\n"), links };
}
