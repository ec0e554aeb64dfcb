// Somebody's use of @ferrule/core/kernel, the same in every runtime: a kernel of one vat, whose root is told to bootstrap.
import { KernelFault, KernelLoader, liveHandles, ready } from "@ferrule/core/kernel";

const NOTHING = { hash: "0000000000000000", syscalls: [], sets: [], deletes: [], stored: 0 };
const ALICE = {
  name: "alice",
  bundle: "static:alice",
  parameters: { body: "#{}", slots: [] },
  config: '{"bundleName":"alice"}',
  heap: "forget",
  whenFull: "restart",
};
const LAUNCH = { type: "launch", config: '{"vats":{}}', bootstrap: "alice", services: [], vats: [ALICE] };

function refusal(): string {
  const loader = new KernelLoader();
  try {
    loader.add('[["no such row","1"]]');
    loader.finish([])[Symbol.dispose]();
    return "none";
  } catch (error) {
    return error instanceof KernelFault ? error.fault : String(error);
  }
}

export async function useMachine() {
  await ready;
  const machine = new KernelLoader().finish([]);
  machine.handleCommand(1, null, JSON.stringify(LAUNCH));
  machine.allow(10);
  const told: string[] = [];
  for (let output = machine.pollOutput(); output !== null; output = machine.pollOutput()) {
    told.push(output.kind);
    if (output.kind === "deliver") machine.handleOutcome(output.crank, JSON.stringify(NOTHING));
  }
  const rows = (machine.closeBatch()?.rows ?? 0) > 0;
  machine[Symbol.dispose]();
  return { told: told.slice(0, 3), rows, refused: refusal(), handles: liveHandles() };
}
