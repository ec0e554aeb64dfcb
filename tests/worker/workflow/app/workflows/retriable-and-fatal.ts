// For the suite's case "errors": a step that asks to be tried again in two seconds, and one that fails for good.
import { FatalError, getStepMetadata, RetryableError } from "workflow";

async function stepThatThrowsRetryableError() {
  "use step";
  const { attempt, stepStartedAt } = getStepMetadata();
  if (attempt === 1) throw new RetryableError("once more, please", { retryAfter: "2s" });
  return { attempt, stepStartedAt, duration: Date.now() - stepStartedAt.getTime() };
}

async function stepThatFails(): Promise<never> {
  "use step";
  throw new FatalError("never again");
}

export async function retryableAndFatalErrorWorkflow() {
  "use workflow";
  const retryableResult = await stepThatThrowsRetryableError();
  let gotFatalError = false;
  try {
    await stepThatFails();
  } catch (error) {
    gotFatalError = FatalError.is(error);
  }
  return { retryableResult, gotFatalError };
}
