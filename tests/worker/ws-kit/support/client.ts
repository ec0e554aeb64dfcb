// A client of the test rooms, and how they are put to sleep. Waits are bounded: what does not come is an error, not a pause.
import { env, evictDurableObject, runInDurableObject } from "cloudflare:test";
import type { PlannedRoom } from "../worker.ts";
import { Plan, setPlan } from "./plan.ts";

const WAIT_MS = 60_000;

/** What the messages of rooms.ts carry between them; each carries some of it. */
interface Payload {
  id: string;
  user: string;
  text: string;
  from: string;
  data: Record<string, unknown>;
  result: unknown;
}

/** A frame as the router writes it; text that is no JSON has its text as the type. */
export interface Frame {
  type: string;
  meta?: Record<string, unknown>;
  payload: Payload;
}

/** Waits until `check` holds. */
export async function until(check: () => boolean, what: string): Promise<void> {
  const end = performance.now() + WAIT_MS;
  while (!check()) {
    if (performance.now() > end) throw new Error(`waited ${WAIT_MS} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** The client's end of one socket. */
export class Client {
  readonly got: Frame[] = [];
  /** As they came, binary ones as their length. */
  readonly raw: (string | number)[] = [];
  closed: readonly [number, string] | undefined;
  id = "";
  #calls = 0;

  constructor(readonly ws: WebSocket) {
    ws.addEventListener("message", ({ data }) => {
      this.raw.push(typeof data === "string" ? data : data.byteLength);
      if (typeof data === "string")
        this.got.push(data.startsWith("{") ? JSON.parse(data) : { type: data, payload: {} });
    });
    ws.addEventListener("close", ({ code, reason }) => {
      this.closed = [code, reason];
      // Browsers answer a close by themselves; workerd's own client does so from the compatibility date 2026-04-07 on.
      try {
        ws.close(code === 1005 ? undefined : code, reason);
      } catch {
        // It was our own close that has been answered.
      }
    });
    ws.accept();
  }

  send(type: string, payload?: object, meta: object = {}): void {
    this.ws.send(JSON.stringify({ type, meta, ...(payload === undefined ? {} : { payload }) }));
  }

  /** The first frame of this type, taken out of `got`. */
  async next(type: string, correlationId?: string): Promise<Frame> {
    const at = () =>
      this.got.findIndex(
        (frame) =>
          frame.type === type && (correlationId === undefined || frame.meta?.["correlationId"] === correlationId),
      );
    await until(() => at() >= 0, `${type}; there is ${JSON.stringify(this.raw)}`);
    return this.got.splice(at(), 1)[0]!;
  }

  /** Sends a request of rooms.ts and gives the payload of its answer: all that came before it has been handled then. */
  async call(type: keyof typeof ANSWERS, payload: object = {}): Promise<Frame["payload"]> {
    const correlationId = `call-${++this.#calls}`;
    this.send(type, payload, { correlationId });
    return (await this.next(ANSWERS[type], correlationId)).payload;
  }

  /** Texts of all SAID so far, taken out. What was sent to this client before is there. */
  async heard(): Promise<string[]> {
    await this.call("WHO");
    const texts = this.got.filter(({ type }) => type === "SAID").map(({ payload }) => payload.text);
    for (let at = this.got.length - 1; at >= 0; at--) if (this.got[at]!.type === "SAID") this.got.splice(at, 1);
    return texts;
  }

  async end(code = 1000, reason = ""): Promise<void> {
    this.ws.close(code, reason);
    await this.gone();
  }
  /** Until the closing handshake is over. */
  gone(): Promise<void> {
    return until(() => this.closed !== undefined, "the socket to close");
  }
}

const ANSWERS = {
  JOIN: "JOINED",
  LEAVE: "LEFT",
  SAY: "SENT",
  PUT: "OK",
  KIND: "OK",
  FILL: "OK",
  LATER: "OK",
  WHO: "ME",
  SAYALL: "SENT",
  DURABLE: "IS",
} as const;

/** Asks for an upgrade. The body is read at once: an object with an unread answer is not evicted. */
export async function upgrade(
  stub: Fetcher,
  query: Record<string, string>,
  headers: Record<string, string> = {},
  path = "",
) {
  const response = await stub.fetch(`https://room.test/${path}?${new URLSearchParams(query)}`, {
    headers: { upgrade: "websocket", ...headers },
  });
  const { status, webSocket } = response;
  return { status, webSocket, headers: response.headers, text: webSocket ? "" : await response.text() };
}

/** An upgrade that must succeed. The client does not wait for WELCOME. */
export async function open(stub: Fetcher, query: Record<string, string>): Promise<Client> {
  const { webSocket, status, text } = await upgrade(stub, query);
  if (!webSocket) throw new Error(`no WebSocket but ${status}: ${text}`);
  return new Client(webSocket);
}

let rooms = 0;

/** A fresh object with its plan. */
export class World {
  readonly name = `room ${++rooms}`;
  readonly stub: DurableObjectStub<PlannedRoom>;
  readonly plan: Plan;

  constructor(options: Plan["options"] = {}, factory?: Plan["factory"], namespace = env.WSKIT_ROOM) {
    const id = namespace.idFromName(this.name);
    this.plan = setPlan(id, new Plan(options, factory));
    this.stub = namespace.get(id);
  }

  /** A client that has been greeted, and is in these topics. */
  async join(user: string, topics: readonly string[] = [], query: Record<string, string> = {}): Promise<Client> {
    const client = await open(this.stub, { user, ...query });
    client.id = (await client.next("WELCOME")).payload.id;
    for (const topic of topics) await client.call("JOIN", { topic });
    return client;
  }

  /** Evicts so many times. In between it is woken by a call, once without a look at the sockets and then with one. */
  async sleep(times = 1): Promise<void> {
    for (let night = 1; night <= times; night++) {
      if (night % 2 === 1) await this.stub.births();
      else await this.inside((room) => room.handler.presence());
      await evictDurableObject(this.stub);
    }
  }

  /** Runs inside the object. */
  inside<R>(work: (room: PlannedRoom, state: DurableObjectState) => R | Promise<R>): Promise<R> {
    return runInDurableObject(this.stub, work);
  }

  /** Ids of connections whose body is in storage. */
  spills(): Promise<string[]> {
    const prefix = "__wskit:spill:";
    return this.inside((_, { storage }) => [...storage.kv.list({ prefix })].map(([key]) => key.slice(prefix.length)));
  }
}

/** For `it.each`: every test of a wake runs fresh, after one eviction, and after three. */
export const NIGHTS = [
  { evictions: 0, when: "fresh" },
  { evictions: 1, when: "after an eviction" },
  { evictions: 3, when: "after three evictions" },
] as const;

/** The runs of user onClose, once there are so many. */
export async function closesOf({ plan }: World, count: number): Promise<World["plan"]["closes"]> {
  await until(() => plan.closes.length >= count, `${count} runs of onClose`);
  return plan.closes;
}
