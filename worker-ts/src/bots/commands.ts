// What becomes of a message that may be a command: an answer in the room, or a run of a workflow. It may be told of the same message
// more than once: the keys of the run and of the answer are made of room and seq, so nothing happens twice.
import { mayBeCommand, type Order, readCommand } from "./grammar";

/** A message, as the room tells it. */
export interface Message {
  readonly room: string;
  readonly seq: number;
  /** ms since 1970. */
  readonly ts: number;
  readonly author: { readonly userId: string; readonly name: string };
  readonly text: string;
}

/** What commands need of others. */
export interface CommandPorts {
  /** Answers a message of somebody's as the bot of this word, once for each key; a code where the room refuses. */
  answer(answer: {
    readonly room: string;
    readonly bot: string;
    readonly for: string;
    readonly key: string;
    readonly text: string;
    readonly replyTo: number;
  }): Promise<{ readonly ok: true } | { readonly ok: false; readonly code: string }>;
  /**
   * Starts a workflow for somebody; the same key starts the same run. `before` is asked when there is no such run yet, and what it throws
   * comes back.
   */
  start(
    start: {
      readonly name: string;
      readonly args: readonly unknown[];
      readonly ownerId: string;
      readonly key: string;
    },
    before: () => Promise<() => Promise<void>>,
  ): Promise<void>;
  /** Takes a place among this person's `max` open runs, and answers how it is given back; null where there is none. */
  reserve(ownerId: string, max: number): Promise<(() => Promise<void>) | null>;
}

/** Runs that one person may have open. */
const OPEN_RUNS_MAX = 50;
/** The bot that answers what cannot be done. */
const HELPER = "help";

/** Answers a message, or starts what it asks for. Throws when it should be told again. */
export async function handleMessage(ports: CommandPorts, message: Message): Promise<void> {
  const { room, seq, author, text } = message;
  const read = mayBeCommand(text) ? readCommand(text) : null;
  if (read === null) return;
  if ("answer" in read) return answer(ports, message, read.answer);
  const order = { ...workflowOf(read.order, message), ownerId: author.userId, key: `room|${room}.${seq}` };
  // told again, what this very message has started is no reason to refuse it
  const before = async () => {
    const release = await ports.reserve(author.userId, OPEN_RUNS_MAX);
    if (release === null) throw new TooManyRuns();
    return release;
  };
  try {
    await ports.start(order, before);
  } catch (thrown) {
    if (!(thrown instanceof TooManyRuns)) throw thrown;
    await answer(ports, message, thrown.message);
  }
}

class TooManyRuns extends Error {
  constructor() {
    super(`You have ${OPEN_RUNS_MAX} things open already: wait for one, or cancel one at /workflows.`);
  }
}

/** The workflow of an order, with its arguments. */
function workflowOf(order: Order, { room, seq, ts }: Message): { name: string; args: readonly unknown[] } {
  switch (order.kind) {
    case "remind":
      return { name: "reminder", args: [room, order.text, ts + order.ms, { seq }] };
    case "digest":
      return { name: "roomDigest", args: [room, order.days, { seq }] };
    case "approve":
      return { name: "approval", args: [room, order.text, { seq }] };
  }
}

/** Codes of refusals after which the same answer may be taken later. */
const LATER = ["rate_limited", "internal"];

async function answer(ports: CommandPorts, { room, seq, author }: Message, text: string): Promise<void> {
  const key = `answer|${room}.${seq}`;
  const outcome = await ports.answer({ room, bot: HELPER, for: author.userId, key, text, replyTo: seq });
  // to whom may not be here any more, or in a closed room, there is nothing to say
  if (!outcome.ok && LATER.includes(outcome.code)) throw new Error(`an answer was refused: ${outcome.code}`);
}
