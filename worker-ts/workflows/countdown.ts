// Counts down, a second a number, and streams each: the smallest workflow one can watch from the page.
import { getWritable, sleep } from "workflow";

const FROM_MAX = 3600;

async function tell(text: string) {
  "use step";
  const writer = getWritable<string>().getWriter();
  await writer.write(`${text}\n`);
  writer.releaseLock();
}

/** Counts from `from` to 0; resolves to how many numbers were told. */
export async function countdown(from = 10) {
  "use workflow";
  const first = Math.min(Math.max(Math.trunc(Number(from)) || 0, 0), FROM_MAX);
  for (let left = first; left > 0; left--) {
    await tell(String(left));
    await sleep("1s");
  }
  await tell("0");
  return first + 1;
}
