// An order: it is set aside, somebody confirms it within a day, and it is sent. What is done stands in the log of the run, so a Worker
// that stops in between goes on from there.
import { createHook, getWritable, sleep } from "workflow";

/** Writes a line for whoever reads along. */
async function tell(line: string, last = false) {
  "use step";
  const writer = getWritable<string>().getWriter();
  await writer.write(`${line}\n`);
  if (last) await writer.close();
  else writer.releaseLock();
}

async function send(item: string) {
  "use step";
  return `parcel with ${item}`;
}

/** `token` is that of the hook through which the answer comes. */
export async function order(item: string, token: string) {
  "use workflow";
  const hook = createHook<{ confirmed: boolean }>({ token });
  await tell(`${item} is set aside`);
  await sleep("1s");
  await tell("waiting for a yes or a no");
  const answer = await Promise.race([hook, sleep("1d").then(() => null)]);
  if (!answer?.confirmed) {
    await tell(answer === null ? "nobody has answered" : "no", true);
    return { sent: null };
  }
  const sent = await send(item);
  await tell(`${sent} is on its way`, true);
  return { sent };
}
