// A poll, as a vat. Whoever holds a ballot votes with it, once; whoever holds the result reads it; the ballot says nothing about the result.
// All of it lies in closures: the kernel rebuilds them after every eviction, because this vat comes as a bundle.
import { Far } from "@endo/far";

export function buildRootObject(
  _vatPowers: unknown,
  parameters: { question: string; choices: string[]; voters: number },
) {
  const votes = new Map(parameters.choices.map((choice) => [choice, 0]));
  const makeBallot = () => {
    let used = false;
    return Far("ballot", {
      question: () => parameters.question,
      vote(choice: string) {
        if (used) throw Error("this ballot is used");
        const before = votes.get(choice);
        if (before === undefined) throw Error(`there is no choice ${choice}`);
        used = true;
        votes.set(choice, before + 1);
      },
    });
  };
  return Far("poll", {
    /** The kernel's answer to whoever launches: the result, and a ballot for each voter. */
    bootstrap: () => [
      Far("result", { read: () => [...votes] }),
      ...Array.from({ length: parameters.voters }, makeBallot),
    ],
  });
}
