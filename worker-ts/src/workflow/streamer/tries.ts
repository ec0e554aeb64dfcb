// Trying again: calls to a stream's object and to R2 that may fail for reasons of their own. Only what is safe to repeat comes here.
import { WorkflowWorldError } from "@workflow/errors";
import { streamError } from "./answer";
import { TRIES_MAX, TRY_MS } from "./limits";

/** The wait before the try after `failed` failures; spread, so that those who were cut off together do not come back together. */
export async function pause(failed: number): Promise<void> {
  const ms = TRY_MS * 2 ** (failed - 1) * (0.5 + Math.random());
  await new Promise((resolve) => setTimeout(resolve, ms));
}

/** What `call` gives, at the fifth try at the latest; a refusal is no failure. Then StreamError 503. */
export async function tried<T>(call: () => Promise<T>): Promise<T> {
  for (let failed = 1; ; failed++) {
    try {
      return await call();
    } catch (error) {
      if (error instanceof WorkflowWorldError) throw error;
      if (failed === TRIES_MAX) throw streamError(503, "the stream does not answer", undefined, error);
      await pause(failed);
    }
  }
}
