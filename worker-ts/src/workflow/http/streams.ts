// Routes of a run's streams: their names, and one of them as bytes or as server-sent events. Chunks are told as the workflow wrote them.
import * as z from "zod";
import { type Route, route } from "../../platform";
import { type FollowedValue, followValues, type ValueReader } from "../runtime/follow";
import { getScope, runInScope, type Scope } from "../runtime/scope";
import { withWorkflows } from "../world";
import { type Asked, getVisibleRun, noSuch, scopeOf } from "./access";
import { isUnreadable, refusing } from "./errors";
import { plain } from "./plain";
import { runParams, signedNumber } from "./shapes";
import { eventResponse, eventText, HEARTBEAT, lastEventId, type Parts } from "./sse";

const ENDED: ReadonlySet<string> = new Set(["completed", "failed", "cancelled"]);
const utf8 = new TextEncoder();
const utf8Text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Stream names of a run's own: `strm_` and the run's ULID, `_user`, and its namespace as base64url. */
function namespaceOf(runId: string, name: string): string | undefined {
  const own = `${runId.replace("wrun_", "strm_")}_user`;
  if (name === own) return "";
  const encoded = name.startsWith(`${own}_`) ? name.slice(own.length + 1) : "";
  if (!/^[\w-]{1,512}$/.test(encoded)) return undefined;
  try {
    const bytes = atob(encoded.replaceAll("-", "+").replaceAll("_", "/"));
    return utf8Text.decode(Uint8Array.from(bytes, (letter) => letter.charCodeAt(0)));
  } catch {
    return undefined;
  }
}

const streams = route(
  {
    method: "GET",
    path: "/api/workflow/runs/:id/streams",
    summary: "The streams that a run wrote, the oldest first.",
    access: "user or admin",
    params: runParams,
    answers: {
      200: z
        .object({
          streams: z.array(
            z.object({
              name: z.string(),
              namespace: z.string().meta({ description: "What the workflow calls it; empty for the usual one." }),
            }),
          ),
        })
        .meta({ id: "WorkflowStreams" }),
    },
  },
  async (asked) => {
    const scope = scopeOf(asked);
    const { id } = (await getVisibleRun(asked, scope, asked.params.id)).run;
    const names = await refusing(() => scope.streams.list(id));
    const own = names.flatMap((name) => {
      const namespace = namespaceOf(id, name);
      return namespace === undefined ? [] : [{ name, namespace }];
    });
    return { status: 200, body: { streams: own } };
  },
);

const stream = route(
  {
    method: "GET",
    path: "/api/workflow/runs/:id/streams/:name",
    summary: "A stream from its beginning, on as it grows: bytes, or server-sent events where Accept asks for them.",
    access: "user or admin",
    params: runParams.extend({ name: z.string().max(1024) }),
    query: z.object({
      start: signedNumber
        .optional()
        .meta({ description: "Index of the first chunk; a negative one counts from the end." }),
    }),
    headers: {
      accept: "`text/event-stream` for a chunk an event, as JSON, its id the chunk's index; the last one is `end`.",
      "last-event-id": "The index behind which the events begin.",
    },
    contentType: "application/octet-stream",
    answers: { 200: z.string().meta({ format: "binary" }) },
  },
  async (asked) => {
    const scope = scopeOf(asked);
    const { id, status, last_event_at: since } = (await getVisibleRun(asked, scope, asked.params.id)).run;
    const { name } = asked.params;
    const namespace = namespaceOf(id, name);
    if (namespace === undefined) throw noSuch("stream");
    return refusing(async () => {
      // of an open run it may still come
      const ended = ENDED.has(status);
      if (ended && !(await scope.streams.list(id)).includes(name)) throw noSuch("stream");
      const sse = /\btext\/event-stream\b/.test(asked.request.headers.get("accept") ?? "");
      const seen = sse ? lastEventId(asked.request) : undefined;
      const start = seen === undefined ? (asked.query.start ?? 0) : seen + 1;
      const first = start < 0 ? await fromTail(scope, id, name, start) : start;
      const reader = await readerOf(asked, id, namespace, first);
      const left = ended ? { left: { last: (await scope.streams.getInfo(id, name)).tailIndex, since } } : {};
      const values = followValues(reader, { first, ...left });
      const stop = () => reader.cancel();
      return sse ? eventResponse(eventParts(values, stop)) : bytesResponse(values, stop);
    });
  },
);

async function fromTail(scope: Scope, runId: string, name: string, start: number): Promise<number> {
  const { tailIndex } = await scope.streams.getInfo(runId, name);
  return Math.max(tailIndex + 1 + start, 0);
}

type Values = ReturnType<typeof followValues>;

/** A reader that reads in the invocation of the request. */
function readerOf({ env, waitUntil }: Asked, runId: string, namespace: string, first: number): Promise<ValueReader> {
  return withWorkflows(env, { waitUntil }, async ({ getRun }) => {
    const scope = getScope();
    const named = namespace === "" ? {} : { namespace };
    const reader = getRun(runId)
      .getReadable<unknown>({ startIndex: first, ...named })
      .getReader();
    // a pull comes from the response, which knows no scope
    return { read: () => runInScope(scope, () => reader.read()), cancel: () => reader.cancel() };
  });
}

/** Values as text; `end` when there will be no more, or none can be read, and nothing when the reader is to come again. */
function eventParts(values: Values, stop: Parts["stop"]): Parts {
  const end = eventText({ event: "end", data: null });
  let told = false;
  return {
    async next() {
      if (told) return undefined;
      try {
        const { done, value } = await values.next();
        if (!done) return value === null ? HEARTBEAT : eventText({ id: value.index, data: plain(value.value) });
        told = true;
        return value === "over" ? end : undefined;
      } catch (error) {
        if (!isUnreadable(error)) throw error;
        told = true;
        return end;
      }
    },
    stop,
  };
}

/** Text and bytes as they are; whatever else was written as a line of JSON. */
function bytesOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  return utf8.encode(typeof value === "string" ? value : `${JSON.stringify(plain(value))}\n`);
}

function bytesResponse(values: Values, stop: Parts["stop"]): Response {
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        // bytes have no word for "the line is there"
        let next: IteratorResult<FollowedValue, string>;
        do next = await values.next();
        while (next.value === null);
        if (!next.done) controller.enqueue(bytesOf(next.value.value));
        else if (next.value === "over") controller.close();
        // an end would say that this was all of it
        else controller.error(new Error("a stream was read for as long as one request may"));
      },
      async cancel() {
        await stop();
      },
    },
    { highWaterMark: 0 },
  );
  // a proxy that compresses would hold back what is to be seen at once
  return new Response(body, {
    headers: { "content-type": "application/octet-stream", "content-encoding": "identity" },
  });
}

/** Routes of streams. */
export const streamsRoutes: readonly Route[] = [streams, stream];
