// Asks the members of a room to approve or reject something: the first answer counts, and after three days nobody's.
import { getWorkflowMetadata, sleep } from "workflow";
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
const OPEN_MS = 3 * DAY_MS;
const BOT = "approval";

/** What else an approval may be told. */
interface Options {
  /** Seq of the message that asked for it. */
  readonly seq?: number;
  /** How long (ms) it is open. */
  readonly openMs?: number;
}

/** Puts `request` to a room. Resolves to what came of it, and by whom. */
export async function approval(roomId: string, request: string, { seq, openMs = OPEN_MS }: Options = {}) {
  "use workflow";
  const room = checkedRoom(roomId);
  const line = checkedText(request);
  checkedNumber(openMs, "openMs", 1_000, 31 * DAY_MS);
  const name = await enterRoom(room);
  const token = choiceToken(room, getWorkflowMetadata().workflowRunId);
  const hook = choiceHook.create({ token });
  const until = Date.now() + openMs;
  const lines = [`🗳️ ${name} asks for approval: ${line}`];
  const card: Card = { room, bot: BOT, lines: [...lines, `Open until ${clock(until)}.`] };
  const shown = await postCard({ ...card, choices: ["approve", "reject"], replyTo: seq });

  const answer = await Promise.race([
    firstChoice(hook, token, ["approve", "reject"]),
    sleep(new Date(until)).then(() => null),
  ]);
  const outcome = answer === null ? "expired" : answer.choice === "approve" ? "approved" : "rejected";
  const words = {
    approved: `✅ Approved by ${answer?.name}.`,
    rejected: `❌ Rejected by ${answer?.name}.`,
    expired: "⌛ Nobody has answered in time.",
  }[outcome];
  await updateCard({ ...card, lines: [...lines, words], seq: shown });
  await postCard({ room, bot: BOT, lines: [`${words} It was: ${line}`], replyTo: shown });
  return { outcome, by: answer?.name ?? null };
}
