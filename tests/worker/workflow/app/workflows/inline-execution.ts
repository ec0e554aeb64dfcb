// For the suite's cases of how many deliveries a run takes.
import { getWritable, sleep } from "workflow";

async function add(a: number, b: number) {
  "use step";
  return a + b;
}

async function write(writable: WritableStream<Uint8Array>, text: string) {
  "use step";
  const writer = writable.getWriter();
  await writer.write(new TextEncoder().encode(text));
  writer.releaseLock();
  return text;
}

async function close(writable: WritableStream<Uint8Array>) {
  "use step";
  await writable.getWriter().close();
}

export async function sequentialStepsWorkflow(input: number) {
  "use workflow";
  const a = await add(input, 2);
  const b = await add(a, 3);
  return await add(b, 5);
}

export async function sequentialStepsWithStreamWorkflow() {
  "use workflow";
  const writable = getWritable<Uint8Array>();
  const a = await write(writable, "hello");
  const b = await write(writable, " world");
  await close(writable);
  return a + b;
}

export async function sleepWorkflow() {
  "use workflow";
  await sleep("1s");
  return await add(1, 2);
}

export async function parallelStepsWorkflow() {
  "use workflow";
  const [a, b] = await Promise.all([add(10, 1), add(20, 2)]);
  return a + b;
}
