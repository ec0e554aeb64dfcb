// Server-sent events: their text, and a response that is read as fast as its reader reads. What is sent is its maker's.

/** One event. */
export interface ServerEvent {
  readonly id?: number;
  /** `message` where it says nothing. */
  readonly event?: string;
  readonly data: unknown;
}

/** What browsers wait (ms) before they ask again. */
const RETRY_MS = 1000;
const utf8 = new TextEncoder();

/** The text of an event; its data is JSON, which has no line breaks. */
export function eventText({ id, event, data }: ServerEvent): string {
  const head = `${id === undefined ? "" : `id: ${id}\n`}${event === undefined ? "" : `event: ${event}\n`}`;
  return `${head}data: ${JSON.stringify(data)}\n\n`;
}

/** Says that the line is there, and nothing else. */
export const HEARTBEAT = ":\n\n";

/** Where the reader is: the number in `Last-Event-ID`, or undefined. */
export function lastEventId(request: Request): number | undefined {
  const text = request.headers.get("last-event-id") ?? "";
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** Makes parts of a response's text, or undefined at the end. */
export interface Parts {
  next(): Promise<string | undefined>;
  /** Nobody reads any more. */
  stop(): unknown;
}

/** A response of events. */
export function eventResponse(parts: Parts): Response {
  let head = `retry: ${RETRY_MS}\n\n`;
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        // the head goes at once: whoever listens knows then that the line is there
        const text = head === "" ? await parts.next() : head;
        head = "";
        if (text === undefined) controller.close();
        else controller.enqueue(utf8.encode(text));
      },
      async cancel() {
        await parts.stop();
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, { headers: { "content-type": "text/event-stream", "content-encoding": "identity" } });
}
