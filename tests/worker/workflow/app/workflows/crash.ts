// For the crash and chaos suites: runs that hold one of each thing at once (steps in a row and in a crowd, a sleep, a retry, a hook, a
// stream), and whose output is known beforehand whatever happens on the way.
import { defineHook, FatalError, getStepMetadata, getWritable, RetryableError, sleep } from "workflow";

/** Lines of a run's stream. */
const LINES = 6;
/** More than one delivery runs by itself: the others are messages of their own. */
const CROWD = 20;

const answered = defineHook<{ value: number }>();

async function addOne(sum: number) {
  "use step";
  return sum + 1;
}

async function double(value: number) {
  "use step";
  return value * 2;
}

async function failsOnce(value: number) {
  "use step";
  if (getStepMetadata().attempt === 1) throw new RetryableError("once more", { retryAfter: 1000 });
  return value;
}

async function writeLine(line: number) {
  "use step";
  const writer = getWritable<Uint8Array>().getWriter();
  await writer.write(new TextEncoder().encode(`${line}\n`));
  writer.releaseLock();
}

async function closeLines() {
  "use step";
  await getWritable<Uint8Array>().close();
}

async function refuse(text: string): Promise<never> {
  "use step";
  throw new FatalError(text);
}

async function writeLines(writer: number, lines: number) {
  "use step";
  const stream = getWritable<Uint8Array>().getWriter();
  for (let line = 0; line < lines; line++) await stream.write(new TextEncoder().encode(`${writer} ${line}\n`));
  stream.releaseLock();
}

/** Many writers at once on one stream. */
export async function scribes(writers: number, lines: number) {
  "use workflow";
  await Promise.all(Array.from({ length: writers }, (_, writer) => writeLines(writer, lines)));
  await closeLines();
}

export async function journey(id: number, token: string) {
  "use workflow";
  const hook = answered.create({ token });
  let sum = 0;
  for (let i = 0; i < 4; i++) sum = await addOne(sum);
  for (let line = 0; line < LINES / 2; line++) await writeLine(line);
  await sleep(1000);
  sum += await failsOnce(10);
  const { value } = await hook;
  for (let line = LINES / 2; line < LINES; line++) await writeLine(line);
  await closeLines();
  return { id, sum, value };
}

export async function crowd(id: number) {
  "use workflow";
  const doubled = await Promise.all(Array.from({ length: CROWD }, (_, i) => double(i)));
  await sleep(500);
  return { id, sum: await addOne(doubled.reduce((a, b) => a + b, 0)) };
}

export async function doomed(id: number) {
  "use workflow";
  await sleep(500);
  await addOne(id);
  return await refuse(`run ${id} was to fail`);
}
