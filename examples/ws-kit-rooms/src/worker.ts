// Chat rooms on ws-kit: each room is a Durable Object that sleeps while nobody talks, and a room that wakes up knows everybody.
// One message, ANNOUNCE, goes to ten rooms at once.
import { withDurableObject } from "@ferrule/worker/ws-kit";
import { defineDurableRoom } from "@ferrule/worker/ws-kit/object";
import { createRouter, message, rpc, withPubSub, withZod, z } from "@ws-kit/zod";

const ROOMS = Array.from({ length: 10 }, (_, index) => `room-${index}`);

const Welcome = message("WELCOME", { id: z.string() });
const Say = message("SAY", { text: z.string().min(1).max(2000) });
const Said = message("SAID", { from: z.string(), text: z.string() });
const Announce = message("ANNOUNCE", { text: z.string().min(1).max(200) });
const Announced = message("ANNOUNCED", { from: z.string(), text: z.string() });
const Who = rpc("WHO", {}, "PEOPLE", { people: z.array(z.object({ id: z.string(), name: z.string() })) });

/** What is known of a connection. It is kept with the socket while the room sleeps. */
type User = { name: string; said: number };

export class Room extends defineDurableRoom<User, Env>(
  (scope) => {
    const router = createRouter<User>()
      .plugin(withZod<User>())
      .plugin(withPubSub<User>({ adapter: scope.pubsub }))
      .plugin(withDurableObject(scope));

    console.log(`${scope.name} is awake`);
    router.onOpen(async (ctx) => {
      await ctx.topics.subscribe("everybody");
      ctx.send(Welcome, { id: ctx.clientId });
    });
    router.on(Say, async (ctx) => {
      ctx.data.said += 1;
      await ctx.publish("everybody", Said, { from: ctx.data.name, text: ctx.payload.text });
    });
    router.on(Announce, async (ctx) => {
      const { name } = ctx.data;
      await ctx.durable.publishGlobal(
        "everybody",
        Announced,
        { from: name, text: ctx.payload.text },
        { shards: ROOMS },
      );
    });
    router.rpc(Who, (ctx) => {
      const people = scope.handler.presence().map(({ clientId, data }) => ({ id: clientId, name: String(data.name) }));
      ctx.reply({ people });
    });
    return router;
  },
  (env) => ({
    namespace: env.ROOM,
    // Whoever has no name is nobody: 401. A real Worker would look at a session or a signed ticket here.
    authenticate(request) {
      const name = new URL(request.url).searchParams.get("name");
      return name && name.length <= 40 ? { name, said: 0 } : undefined;
    },
  }),
) {}

export default {
  fetch(request, env) {
    const room = new URL(request.url).pathname.slice(1);
    return ROOMS.includes(room) ? env.ROOM.getByName(room).fetch(request) : new Response("Not found", { status: 404 });
  },
} satisfies ExportedHandler<Env>;
