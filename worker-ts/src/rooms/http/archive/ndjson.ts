// Answers that are lines of JSON, written while they are read: nothing is held but one page of lines.

/** Content type of lines of JSON. */
export const NDJSON_TYPE = "application/x-ndjson; charset=utf-8";

/** One line: `type` says what it is. */
export interface Line {
  readonly type: string;
  readonly [field: string]: unknown;
}

/**
 * An answer of these pages of lines, as a file of this name. A last line `end` tells how many came before it: where it is missing, the
 * answer was cut short. What fails on the way cuts it short.
 */
export function ndjson(name: string, pages: AsyncIterable<readonly Line[]>): Response {
  const iterator = ended(pages);
  const utf8 = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(utf8.encode(value.map((line) => `${JSON.stringify(line)}\n`).join("")));
    },
    async cancel() {
      await iterator.return(undefined);
    },
  });
  const headers = { "content-type": NDJSON_TYPE, "content-disposition": `attachment; filename="${name}.ndjson"` };
  return new Response(body, { headers });
}

async function* ended(pages: AsyncIterable<readonly Line[]>): AsyncGenerator<readonly Line[]> {
  let lines = 0;
  for await (const page of pages) {
    lines += page.length;
    yield page;
  }
  yield [{ type: "end", lines }];
}
