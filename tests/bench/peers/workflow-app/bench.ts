// Workflows of the benchmark: the shapes of upstream's own list, with steps that do nothing, so that what is measured is the World.
import { defineHook, getWritable, sleep } from "workflow";

async function add(a: number, b: number) {
  "use step";
  return a + b;
}

async function echo(text: string) {
  "use step";
  return text;
}

async function emit(count: number) {
  "use step";
  const writer = getWritable<string>().getWriter();
  for (let i = 0; i < count; i++) await writer.write(`line ${i}\n`);
  await writer.close();
}

export async function nothing() {
  "use workflow";
  return 0;
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

export async function race(count: number) {
  "use workflow";
  await Promise.race(Array.from({ length: count }, (_, i) => add(i, 1)));
  return count;
}

export async function payload(count: number, bytes: number) {
  "use workflow";
  let text = "x".repeat(bytes);
  for (let i = 0; i < count; i++) text = await echo(text);
  return text.length;
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

export const benchHook = defineHook<{ value: number }>();

export async function hooked(token: string) {
  "use workflow";
  const answer = await benchHook.create({ token });
  return answer.value;
}
