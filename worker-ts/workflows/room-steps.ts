// Steps in rooms, and what workflows of rooms share: cards, choices, and the limits of what they are given. A card is a message of a bot
// that is edited as the run goes on; the lines at its end are links.
import { defineHook, FatalError, getStepMetadata, getWorkflowMetadata, RetryableError, setAttributes } from "workflow";
import { type Choice, type Chosen, type Refused, roomPort } from "./room-port";

/** Most characters of what people want remembered or approved. */
const TEXT_MAX = 500;
/** A room that is busy may stay so for a while. */
const TRIES_MAX = 50;
const RETRY_MS = 5_000;

/** A message of a bot's. */
export interface Card {
  readonly room: string;
  readonly bot: string;
  readonly lines: readonly string[];
  /** What members may choose. */
  readonly choices?: readonly Choice[];
  /** Seq of the message answered to. */
  readonly replyTo?: number | undefined;
}

const WORDS: Readonly<Record<Choice, string>> = { approve: "Approve", reject: "Reject", done: "Done" };

/** Posts a card; its seq. */
export async function postCard(card: Card): Promise<number> {
  "use step";
  const { room, bot, replyTo } = card;
  const post = { runId: runId(), room, bot, key: keyOfStep(), text: textOf(card) };
  const first = await roomPort().post({ ...post, replyTo });
  // what it answers to was erased: it is said all the same
  const alone = !first.ok && first.code === "not_found" && replyTo !== undefined;
  const outcome = alone ? await roomPort().post({ ...post, key: `${post.key}|alone` }) : first;
  if (outcome.ok) return outcome.seq;
  throw failure(outcome);
}
postCard.maxRetries = TRIES_MAX;

/** Gives a card its next words. False where it cannot be changed any more: the room's time for edits is over, or somebody erased it. */
export async function updateCard(card: Card & { readonly seq: number }): Promise<boolean> {
  "use step";
  const { room, bot, seq } = card;
  const outcome = await roomPort().post({ runId: runId(), room, bot, key: keyOfStep(), text: textOf(card), edit: seq });
  if (!outcome.ok && isPassing(outcome)) throw failure(outcome);
  return outcome.ok;
}
updateCard.maxRetries = TRIES_MAX;

/** Enters the room: whoever asked has to be in it, and its members may look at the run from then on. Resolves to the asker's name. */
export async function enterRoom(room: string): Promise<string> {
  const name = await askerOf(room);
  await setAttributes({ room });
  return name;
}

/** The name of whoever asked, as the room knows them. */
async function askerOf(room: string): Promise<string> {
  "use step";
  const outcome = await roomPort().asker({ runId: runId(), room });
  if (outcome.ok) return outcome.name;
  throw failure(outcome);
}

/** Whether a choice came by our own door. */
export async function isOurs(token: string, chosen: Chosen): Promise<boolean> {
  "use step";
  return roomPort().isChosen(token, chosen);
}

/** What members choose. */
export const choiceHook = defineHook<Chosen>();

/** The first choice of a hook that is one of these and came by our own door. */
export async function firstChoice(
  hook: PromiseLike<Chosen>,
  token: string,
  choices: readonly Choice[],
): Promise<Chosen> {
  for (;;) {
    const chosen = await hook;
    if (choices.includes(chosen?.choice) && (await isOurs(token, chosen))) return chosen;
  }
}

/** The run that a step belongs to. */
export const runId = (): string => getWorkflowMetadata().workflowRunId;

/** The same for every try of a step, and for no other step. */
const keyOfStep = (): string => `${runId()}|${getStepMetadata().stepId}`;

const isPassing = ({ code }: Refused): boolean => code === "rate_limited" || code === "internal";

/** What a step throws for a refusal: one that passes is tried again. */
export function failure(refused: Refused): Error {
  const { code, message, retryAfterMs } = refused;
  if (!isPassing(refused)) return new FatalError(`the room refuses: ${message} (${code})`);
  return new RetryableError(message, { retryAfter: Math.max(retryAfterMs ?? RETRY_MS, 1_000) });
}

function textOf({ room, lines, choices = [] }: Card): string {
  const port = roomPort();
  const links = choices.map((choice) => `${WORDS[choice]}: ${port.choiceLink(room, runId(), choice)}`);
  return [...lines, ...links, `Timeline: ${port.runLink(runId())}`].join("\n");
}

/** A room's id. Throws FatalError for what is none. */
export function checkedRoom(room: unknown): string {
  if (typeof room === "string" && /^[a-z0-9-]{3,48}$/.test(room)) return room;
  throw new FatalError("the first argument has to be the id of a room");
}

/** People's words as one line, so that no line of theirs looks like one of the card's. Throws FatalError for none, or too many. */
export function checkedText(text: unknown): string {
  const line = typeof text === "string" ? text.replace(/\s+/g, " ").trim() : "";
  const { length } = Array.from(line);
  if (length > 0 && length <= TEXT_MAX) return line;
  throw new FatalError(`the text has to have 1 to ${TEXT_MAX} characters`);
}

/** A whole number from `min` to `max`. Throws FatalError for another. */
export function checkedNumber(value: unknown, what: string, min: number, max: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return value;
  throw new FatalError(`${what} has to be a whole number from ${min} to ${max}`);
}

/** A time (ms since 1970) as everybody reads it. */
export const clock = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;
