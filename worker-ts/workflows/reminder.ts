// Says something again later, and once more a day after unless somebody is done with it.
import { FatalError, getWorkflowMetadata, sleep } from "workflow";
import { choiceToken } from "./room-port";
import {
  type Card,
  checkedNumber,
  checkedRoom,
  checkedText,
  choiceHook,
  clock,
  enterRoom,
  firstChoice,
  postCard,
  updateCard,
} from "./room-steps";

const DAY_MS = 86_400_000;
const BOT = "reminder";

/** What else a reminder may be told. */
interface Options {
  /** Seq of the message that asked for it. */
  readonly seq?: number;
  /** How long (ms) after the first time it comes again. */
  readonly againMs?: number;
}

/** Reminds a room of `text` at `at` (ms since 1970, or ISO 8601). Resolves to how often it was said, and who was done with it. */
export async function reminder(
  roomId: string,
  text: string,
  at: number | string,
  { seq, againMs = DAY_MS }: Options = {},
) {
  "use workflow";
  const room = checkedRoom(roomId);
  const line = checkedText(text);
  const time = new Date(at).getTime();
  if (Number.isNaN(time) || time > Date.now() + 366 * DAY_MS)
    throw new FatalError("the time is none, or over a year away");
  checkedNumber(againMs, "againMs", 1_000, 7 * DAY_MS);
  const name = await enterRoom(room);
  const lines = [`⏰ For ${name}: ${line}`];
  const card: Card = { room, bot: BOT, lines: [...lines, `Comes at ${clock(time)}.`] };
  const shown = await postCard({ ...card, replyTo: seq });
  const update = (state: string) => updateCard({ ...card, lines: [...lines, state], seq: shown });

  await sleep(new Date(time));
  const token = choiceToken(room, getWorkflowMetadata().workflowRunId);
  const hook = choiceHook.create({ token });
  const said: Card = { room, bot: BOT, lines: [`⏰ ${name}, you asked to be reminded: ${line}`], choices: ["done"] };
  const saidSeq = await postCard({ ...said, replyTo: seq ?? shown });
  await update(`Said at ${clock(time)}; once more at ${clock(time + againMs)} unless it is done.`);
  const done = await Promise.race([firstChoice(hook, token, ["done"]), sleep(againMs).then(() => null)]);
  // the card with the button loses it; where edits are over already, what came of it is said anew
  const end = async (state: string, anew: boolean) => {
    const over: Card = { ...said, lines: [...said.lines, state], choices: [] };
    const changed = await updateCard({ ...over, seq: saidSeq });
    if (!changed && anew) await postCard({ ...over, replyTo: saidSeq });
  };
  if (done !== null) {
    await update(`✅ Done: ${done.name}.`);
    await end(`✅ Done: ${done.name}.`, true);
    return { times: 1, doneBy: done.name };
  }
  await postCard({ room, bot: BOT, lines: [`⏰ ${name}, once more: ${line}`], replyTo: seq ?? shown });
  await update("Said twice.");
  await end("Said twice.", false);
  return { times: 2, doneBy: null };
}
