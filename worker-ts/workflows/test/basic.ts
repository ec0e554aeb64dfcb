// Workflows for the tests of the World: one for each thing a World has to carry.
import { createWebhook, defineHook, FatalError, getStepMetadata, getWritable, sleep } from "workflow";

async function add(a: number, b: number) {
  "use step";
  return a + b;
}

async function emit(count: number) {
  "use step";
  const writer = getWritable<string>().getWriter();
  for (let i = 0; i < count; i++) await writer.write(`line ${i}\n`);
  await writer.close();
}

async function emitUnclosed(count: number) {
  "use step";
  const writer = getWritable<string>().getWriter();
  for (let i = 0; i < count; i++) await writer.write(`line ${i}\n`);
  writer.releaseLock();
}

async function failUntil(attempt: number) {
  "use step";
  const now = getStepMetadata().attempt;
  if (now < attempt) throw new Error(`attempt ${now} fails`);
  return now;
}

async function refuse(text: string): Promise<never> {
  "use step";
  throw new FatalError(text);
}

export async function addition(a: number, b: number) {
  "use workflow";
  return await add(await add(a, b), 10);
}

export async function sequential(count: number) {
  "use workflow";
  let sum = 0;
  for (let i = 0; i < count; i++) sum = await add(sum, 1);
  return sum;
}

export async function parallel(count: number) {
  "use workflow";
  const parts = await Promise.all(Array.from({ length: count }, (_, i) => add(i, 1)));
  return parts.reduce((a, b) => a + b, 0);
}

export async function sleeper(ms: number) {
  "use workflow";
  await sleep(ms);
  return ms;
}

export async function streaming(count: number) {
  "use workflow";
  await emit(count);
  return count;
}

/** Its stream is left open. */
export async function unclosed(count: number) {
  "use workflow";
  await emitUnclosed(count);
  return count;
}

export async function retried(attempt: number) {
  "use workflow";
  return await failUntil(attempt);
}

export async function refused(text: string) {
  "use workflow";
  return await refuse(text);
}

export const answerHook = defineHook<{ value: number }>();

export async function approval(token: string) {
  "use workflow";
  const answer = await answerHook.create({ token });
  return answer.value;
}

export async function hooked() {
  "use workflow";
  const request = await createWebhook();
  return `${request.method} ${await request.text()}`;
}

/** The headers it was called with. */
export async function called() {
  "use workflow";
  const request = await createWebhook();
  return [...request.headers];
}

export async function address() {
  "use workflow";
  return createWebhook().url;
}
