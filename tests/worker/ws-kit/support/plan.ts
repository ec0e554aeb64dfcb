// What a test plans for one object before it wakes, and what the object writes down. Tests and objects share an isolate, so the plan
// outlives evictions: it is how a test sees what happened in a life of the object that is over.
import type { HandlerOptions, RouterFactory } from "../../../../worker-ts/src/ws-kit/index";

/** Data of the test rooms' connections. */
export interface Data extends Record<string, unknown> {
  user: string;
}
type Options = Omit<HandlerOptions<Data, Cloudflare.Env>, "state" | "env">;

/** The plan of one object and its notes. */
export class Plan {
  /** How often the object was made, how often it listed its sockets, and how often it wrote an attachment. */
  births = 0;
  listings = 0;
  /** Clients whose user `onOpen` ran. */
  readonly opens: string[] = [];
  /** `[clientId, user, code, reason]` of each run of user `onClose`. */
  readonly closes: (readonly [string, string, number | undefined, string | undefined])[] = [];
  /** What `router.onError` was told. */
  readonly routerErrors: unknown[] = [];
  /** What the option `onError` was told. */
  readonly errors: { error: unknown; phase: string; clientId: string | undefined }[] = [];
  /** Anything else, in order. */
  readonly notes: unknown[] = [];

  constructor(
    readonly options: Options = {},
    /** Instead of the chat router of rooms.ts. */
    readonly factory?: RouterFactory<Data, Cloudflare.Env>,
  ) {}
}

const plans = new Map<string, Plan>();

/** Set the plan of an object, by its id. Must be done before the object's first event. */
export function setPlan(id: DurableObjectId, plan: Plan): Plan {
  plans.set(id.toString(), plan);
  return plan;
}

/** The plan of an object; a fresh one without options where the test set none. */
export function planOf(id: { toString(): string }): Plan {
  const known = plans.get(id.toString());
  if (known) return known;
  const plan = new Plan();
  plans.set(id.toString(), plan);
  return plan;
}
