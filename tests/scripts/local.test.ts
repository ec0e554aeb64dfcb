// The watchdog of `npm start` outlives the server that it asks: somebody may kill that at any moment.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { watchdog } from "../../scripts/local.mjs";

test("a server that dies in the middle of its answer takes nobody with it", async () => {
  let asked = 0;
  const server = createServer((_, response) => {
    asked += 1;
    response.writeHead(200, { "content-length": "100" });
    response.write("half");
    setTimeout(() => response.destroy(), 20);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const stop = await watchdog(() => `http://127.0.0.1:${port}`);
  stop();
  server.close();
  expect(asked).toBe(1);
});
