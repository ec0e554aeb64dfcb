// For the suite's case of a step that carries an AbortSignal.
interface Work {
  readonly index: number;
  readonly abortSignal?: AbortSignal;
}

async function trivialStep({ index }: Work) {
  "use step";
  return index;
}

export async function signalCostWorkflow({ count, withSignal }: { count: number; withSignal: boolean }) {
  "use workflow";
  const controller = new AbortController();
  for (let index = 0; index < count; index++)
    await trivialStep(withSignal ? { index, abortSignal: controller.signal } : { index });
  return "done";
}
