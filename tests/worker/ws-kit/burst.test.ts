// A handler that sends more frames at once than an object of workerd may have timers. In a file, so in an isolate, of its own: the stand-in
// for setImmediate is the isolate's.
import { createRouter, message, withPubSub, withZod, z } from "@ws-kit/zod";
import { expect, it } from "vitest";
import { open, until, World } from "./support/client.ts";
import type { Data } from "./support/plan.ts";

const FRAMES = 12_000;
const Burst = message("BURST", {});
const Tick = message("TICK", { n: z.number() });

it('A27 shim: "always" sends them all, in order', async () => {
  const world = new World({ shim: "always" }, (scope) => {
    const router = createRouter<Data>()
      .plugin(withZod<Data>())
      .plugin(withPubSub<Data>({ adapter: scope.pubsub }));
    router.on(Burst, (ctx) => {
      for (let n = 0; n < FRAMES; n++) void ctx.send(Tick, { n });
    });
    return router;
  });
  const ann = await open(world.stub, { user: "ann" });
  ann.ws.send('{"type":"BURST","payload":{}}');
  await until(() => ann.got.length === FRAMES, `all ${FRAMES} frames`);
  expect(ann.got.map(({ payload }) => payload)).toEqual(Array.from({ length: FRAMES }, (_, n) => ({ n })));
});
