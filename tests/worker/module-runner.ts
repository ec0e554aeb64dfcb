// How the module runner inside workerd finds the Worker. For every event of every object (a message on a socket, an alarm, a call) the
// pool imports the Worker's entry, and the runner asks the Vitest process each time what that path means: one process, which transforms
// the modules of all files beside it. So a room that is silent may only be waiting for an answer, and a busy machine was a slow room.
// The answer cannot change while a file of tests runs: it is kept. Nothing of the Worker itself belongs here.

/** What a path means to the server; its shape is Vitest's own. */
type Resolve = (id: string, importer?: string) => Promise<unknown>;
interface Transport {
  resolveId: Resolve;
}

const remembering = new WeakSet<Transport>();
let asked = 0;

/** How often the Vitest process was asked since this file began. */
export const askedSoFar = (): number => asked;

/** Asks once for each path that is imported as it is, without an importer. Throws where Vitest has been built in another way. */
export function rememberResolved(): void {
  const found: { moduleRunner?: { vitestOptions?: { transport?: Transport } } } | undefined = Reflect.get(
    globalThis,
    "__vitest_mocker__",
  );
  const transport = found?.moduleRunner?.vitestOptions?.transport;
  if (typeof transport?.resolveId !== "function") throw new Error("Vitest's module runner resolves in another way now");
  if (remembering.has(transport)) return;
  remembering.add(transport);
  const answers = new Map<string, Promise<unknown>>();
  const { resolveId } = transport;
  const ask: Resolve = (id, importer) => {
    asked++;
    return resolveId(id, importer);
  };
  transport.resolveId = (id, importer) => {
    if (importer !== undefined) return ask(id, importer);
    const known = answers.get(id);
    if (known !== undefined) return known;
    const answer = ask(id);
    answers.set(id, answer);
    // What failed once may be there the next time.
    answer.catch(() => answers.delete(id));
    return answer;
  };
}
