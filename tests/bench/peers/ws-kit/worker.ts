// The Worker of the suite `ws-kit`: four kinds of rooms in one isolate, sockets by path, measurements by POST, sleep on demand.
import { Bare } from "./bare.ts";
import { Crossws } from "./crossws.ts";
import { Ours } from "./ours.ts";
import { Partyserver } from "./partyserver.ts";

export { Bare, Crossws, Ours, Partyserver };

/** The bindings, a kind of room each. */
export interface Rooms {
  readonly BARE: DurableObjectNamespace<Bare>;
  readonly OURS: DurableObjectNamespace<Ours>;
  readonly PARTYSERVER: DurableObjectNamespace<Partyserver>;
  readonly CROSSWS: DurableObjectNamespace<Crossws>;
}

/** A method of a room, to be called from outside. `evict` is none of its own: it puts the room to sleep. */
interface Call {
  readonly kind: keyof Rooms;
  readonly name: string;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** The part of workerd's own module for tests that is used here. Not a literal: the bundler would look for the file. */
const MODULE: string = ["workerd", "unsafe"].join(":");
interface Unsafe {
  evict(stub: object, options: { readonly webSockets: "hibernate" }): Promise<void>;
}

async function call(request: Request, rooms: Rooms): Promise<unknown> {
  const { kind, name, method, args }: Call = await request.json();
  const stub = rooms[kind].getByName(name);
  if (method !== "evict") return Reflect.apply(Reflect.get(stub, method), stub, args);
  const { default: unsafe }: { readonly default: Unsafe } = await import(MODULE);
  await unsafe.evict(stub, { webSockets: "hibernate" });
  return true;
}

export default {
  async fetch(request, rooms) {
    if (request.method === "POST") return Response.json(await call(request, rooms));
    const [, kind = "", name = ""] = new URL(request.url).pathname.split("/");
    if (kind !== "BARE" && kind !== "OURS" && kind !== "PARTYSERVER" && kind !== "CROSSWS")
      return new Response("there is nothing at this address", { status: 404 });
    return rooms[kind].getByName(name).fetch(request);
  },
} satisfies ExportedHandler<Rooms>;
