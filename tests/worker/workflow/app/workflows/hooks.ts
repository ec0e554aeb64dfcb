// For the suite's case "hooks": a hook that is resumed until one resumption says that it is the last; each is told in the run's stream.
import { defineHook, getWritable } from "workflow";

interface Resumed {
  readonly data: string;
  readonly done?: boolean;
  readonly metadata?: unknown;
}

const collected = defineHook<Resumed>();

async function tell(writable: WritableStream<Uint8Array>, event: string, payload?: Resumed) {
  "use step";
  const writer = writable.getWriter();
  await writer.write(new TextEncoder().encode(`${JSON.stringify({ event, payload })}\r\n`));
  writer.releaseLock();
}

export async function collectWithHook(token: string, customData: string) {
  "use workflow";
  const hook = collected.create({ token, metadata: { customData } });
  const writable = getWritable<Uint8Array>();
  const all: Resumed[] = [];
  await tell(writable, "hookCreated");
  for await (const resumed of hook) {
    await tell(writable, "hookResumed", resumed);
    all.push(resumed);
    if (resumed.done === true) break;
  }
  return { collected: all };
}
