// A form that asks the server: whether it is busy, and why it was refused.
import { useState } from "preact/hooks";
import { sayError } from "../api";

export interface Submitting {
  readonly busy: boolean;
  readonly refusal: string | undefined;
  readonly submit: (event: Event) => Promise<void>;
}

/** `work` is done when the form is sent; what it throws is told. */
export function useSubmit(work: () => Promise<void>): Submitting {
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string>();
  const submit = async (event: Event) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setRefusal(undefined);
    try {
      await work();
    } catch (error) {
      setRefusal(sayError(error));
    } finally {
      setBusy(false);
    }
  };
  return { busy, refusal, submit };
}
