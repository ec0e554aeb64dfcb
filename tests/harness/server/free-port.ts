// Where a server of a test may listen.
import { createServer } from "node:net";

/**
 * Below the ports that systems give away by themselves (Linux from 32,768, others from 49,152): one of those may be taken by any
 * connection on its way out between the moment it is found and the moment the server listens, which are seconds.
 */
const FIRST = 12_000;
const COUNT = 20_000;

/** A port that was free a moment ago. Files that run side by side begin at places of their own. */
export async function freePort(): Promise<number> {
  const start = Math.floor(Math.random() * COUNT);
  for (let n = 0; n < COUNT; n++) {
    const port = FIRST + ((start + n) % COUNT);
    if (await isFree(port)) return port;
  }
  throw new Error("no port");
}

function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
