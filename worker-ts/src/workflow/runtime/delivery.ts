// Delivery in process: an envelope waits under a random token while core's flow route is called with the token, and is taken once by the
// handler behind the route. Nothing of it listens on the network.
import type { MessageId, QueuePayload, QueuePrefix, ValidQueueName } from "@workflow/world";

/** One delivery of one message. */
export interface Delivery {
  readonly messageId: string;
  readonly queueName: string;
  /** 1 for the first. */
  readonly attempt: number;
  readonly message: QueuePayload;
}

/** What core says about a delivery that did not fail: how long until the same message is to come again. */
export interface Delivered {
  readonly timeoutSeconds?: number;
}

interface Waiting {
  readonly delivery: Delivery;
  readonly answer: (answer: unknown) => void;
  readonly failed: (error: unknown) => void;
}

const waiting = new Map<string, Waiting>();
const TOKEN = "x-delivery";

/** Hands a delivery to core's flow route. Rejects with what core's handler threw. */
export async function deliver(post: (request: Request) => Promise<Response>, delivery: Delivery): Promise<Delivered> {
  const token = crypto.randomUUID();
  let outcome: { answer: unknown } | { error: unknown } | undefined;
  waiting.set(token, {
    delivery,
    answer: (answer) => {
      outcome = { answer };
    },
    failed: (error) => {
      outcome = { error };
    },
  });
  try {
    const request = new Request("http://in-process/flow", { method: "POST", headers: { [TOKEN]: token } });
    const response = await post(request);
    await response.arrayBuffer();
    if (outcome === undefined) throw new Error(`the flow route answered ${response.status} and took no delivery`);
  } finally {
    waiting.delete(token);
  }
  if ("error" in outcome) throw outcome.error;
  const { timeoutSeconds } = (outcome.answer ?? {}) as { timeoutSeconds?: unknown };
  return typeof timeoutSeconds === "number" ? { timeoutSeconds } : {};
}

type Handler = (
  message: unknown,
  meta: { attempt: number; queueName: ValidQueueName; messageId: MessageId },
) => Promise<unknown>;

/** What a World's `createQueueHandler` gives: takes the delivery that a request names, once. */
export function createQueueHandler(prefix: QueuePrefix, handler: Handler): (request: Request) => Promise<Response> {
  return async (request) => {
    const token = request.headers.get(TOKEN) ?? "";
    const found = waiting.get(token);
    if (found === undefined) return new Response(null, { status: 404 });
    waiting.delete(token);
    const { delivery, answer, failed } = found;
    const { attempt, queueName, messageId, message } = delivery;
    if (!queueName.startsWith(prefix)) return new Response(null, { status: 404 });
    try {
      const meta = { attempt, queueName: queueName as ValidQueueName, messageId: messageId as MessageId };
      answer(await handler(message, meta));
      return Response.json({ ok: true });
    } catch (error) {
      failed(error);
      return new Response(null, { status: 500 });
    }
  };
}
