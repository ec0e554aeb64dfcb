// Subclusters to begin with, and messages worth sending to their roots. The bundles are compiled into the Worker under these names
// (worker-ts/vats).
import type { ClusterConfig, Graph } from "../rpc/shapes";

export interface Sample {
  readonly name: string;
  readonly line: string;
  readonly config: ClusterConfig;
}

/** A mint and two purses of it. */
const money = (alice: number, bob: number): ClusterConfig["vats"] => ({
  mint: { bundleName: "mint", parameters: { purses: { alice, bob } } },
  alice: { bundleName: "purse" },
  bob: { bundleName: "purse" },
});

export const SAMPLES: readonly Sample[] = [
  {
    name: "Counter",
    line: "One vat that counts. Its count lies in its baggage, so a restart loses nothing.",
    config: { bootstrap: "counter", vats: { counter: { bundleName: "counter" } } },
  },
  {
    name: "Greeter",
    line: "Ann and Bob meet at bootstrap and hold each other from then on.",
    config: {
      bootstrap: "ann",
      vats: {
        ann: { bundleName: "greeter", parameters: { name: "Ann" } },
        bob: { bundleName: "greeter", parameters: { name: "Bob", greeting: "ahoy" } },
      },
    },
  },
  {
    name: "Mint and purses",
    line: "Whoever holds a purse may spend from it; the mint alone knows what is in it.",
    config: { bootstrap: "mint", vats: money(100, 0) },
  },
  {
    name: "Escrow",
    line: "A mint and purses, and an escrow: goods for money, both or neither.",
    config: { bootstrap: "mint", vats: { ...money(100, 50), escrow: { bundleName: "escrow" } } },
  },
];

/** A message to try. */
export interface Try {
  readonly method: string;
  readonly args: string;
}

/** By bundle: what the root of such a vat understands. `<name>`: the root of the vat of that name in the same subcluster. */
const TRIES: Readonly<Record<string, readonly (readonly [method: string, args: string])[]>> = {
  counter: [
    ["increment", "[]"],
    ["read", "[]"],
  ],
  greeter: [
    ["greet", '["Ada"]'],
    ["greetAll", "[]"],
  ],
  mint: [["balance", "[<alice>]"]],
  purse: [
    ["balance", "[]"],
    ["pay", "[25, <bob>]"],
  ],
  escrow: [
    ["sell", "[<mint>, 40, <alice>]"],
    ["price", "[1]"],
    ["buy", "[1, <bob>]"],
  ],
};

/** What to try with the root of a vat. What names a vat that is not there is left out. */
export function triesOf(graph: Graph, vatId: string, bundleName: string | undefined): readonly Try[] {
  const subcluster = graph.vats.find(({ id }) => id === vatId)?.subcluster;
  const rootOf = (name: string): string => {
    const vat = graph.vats.find((one) => one.name === name && one.subcluster === subcluster);
    const root = graph.objects.find(({ owner, root }) => root && owner === vat?.id);
    return root === undefined || vat === undefined ? `<${name}>` : `{"@": "${root.kref}"}`;
  };
  return (TRIES[bundleName ?? ""] ?? [])
    .map(([method, args]) => ({ method, args: args.replace(/<(\w+)>/gu, (_, name: string) => rootOf(name)) }))
    .filter(({ args }) => !args.includes("<"));
}
