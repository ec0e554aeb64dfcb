// @ferrule/worker/ws-kit/object: a ready-made Durable Object class around a router. The only file here that imports `cloudflare:workers`.
import { DurableObject } from "cloudflare:workers";
import type { ConnectionData } from "@ws-kit/core";
import type { RelayStub } from "./federation/global";
import type { RelayAnswer, RelayMessage } from "./federation/relay";
import { createDurableObjectHandler } from "./handler";
import type { DurableObjectHandler, HandlerOptions, RouterFactory } from "./options";
import { type DurableNamespaceLike, systemRuntime } from "./platform";

/** Options of a class: those of a handler without what each object brings itself. */
export interface RoomOptions<TData extends ConnectionData, Env>
  extends Omit<HandlerOptions<TData, Env>, "state" | "env" | "namespace"> {
  /**
   * Where `publishGlobal` finds the other objects, which are of this class or have its `wskitDeliver`. The stubs' type is not looked at: a
   * namespace of the very class that is being defined would refer to itself (TS2506).
   */
  namespace?: Pick<DurableNamespaceLike<unknown>, "idFromName">;
}

/** What the class has beside the platform's own events. */
export interface DurableRoomMethods<TData extends ConnectionData> {
  /** For the class's own RPC methods: publish, presence, closeClient. */
  readonly handler: DurableObjectHandler<TData>;
  fetch(request: Request): Promise<Response>;
  webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): Promise<void>;
  webSocketClose(socket: WebSocket, code: number, reason: string, wasClean: boolean): Promise<void>;
  webSocketError(socket: WebSocket, error: unknown): Promise<void>;
  /**
   * Where `heartbeat.staleAfterMs` is set: sweeps, and sets the next alarm in that time while anybody is connected. An object has one alarm,
   * and one that is set already is left as it is: who sets alarms too overrides this, and calls `super.alarm()` first.
   */
  alarm(): Promise<void>;
  /** Other objects' global publishes. */
  wskitDeliver(message: RelayMessage): Promise<RelayAnswer>;
}

/**
 * A class to export and to bind: `export const Room = defineDurableRoom((scope) => createRouter()…, { authenticate })`, or to extend.
 * Options may be a function of `env`, for secrets and the namespace.
 */
export function defineDurableRoom<TData extends ConnectionData, Env>(
  factory: RouterFactory<TData, Env>,
  options: RoomOptions<TData, Env> | ((env: Env) => RoomOptions<TData, Env>) = {},
): new (
  ctx: DurableObjectState,
  env: Env,
) => DurableObject<Env> & DurableRoomMethods<TData> {
  return class DurableRoom extends DurableObject<Env> implements DurableRoomMethods<TData> {
    readonly handler: DurableObjectHandler<TData>;
    readonly #sweepEveryMs: number | undefined;
    readonly #now: () => number;

    constructor(ctx: DurableObjectState, env: Env) {
      super(ctx, env);
      const own = typeof options === "function" ? options(env) : options;
      const { namespace, ...rest } = own;
      this.handler = createDurableObjectHandler(factory, {
        ...rest,
        ...(namespace && { namespace: namespace as DurableNamespaceLike<RelayStub> }),
        state: ctx,
        env,
      });
      this.#sweepEveryMs = own.heartbeat ? own.heartbeat.staleAfterMs : undefined;
      this.#now = own.runtime?.now ?? systemRuntime.now;
    }

    override async fetch(request: Request): Promise<Response> {
      const response = await this.handler.fetch(request);
      if (response.status === 101) await this.#provideAlarm();
      return response;
    }

    override webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
      return this.handler.webSocketMessage(socket, data);
    }

    override webSocketClose(socket: WebSocket, code: number, reason: string, wasClean: boolean): Promise<void> {
      return this.handler.webSocketClose(socket, code, reason, wasClean);
    }

    override webSocketError(socket: WebSocket, error: unknown): Promise<void> {
      return this.handler.webSocketError(socket, error);
    }

    override async alarm(): Promise<void> {
      if (this.#sweepEveryMs === undefined) return; // somebody else's, and to count would wake all sockets
      this.handler.sweep();
      if (this.handler.connectionCount() > 0) await this.#provideAlarm();
    }

    wskitDeliver(message: RelayMessage): Promise<RelayAnswer> {
      return this.handler.deliver(message);
    }

    /** Only objects that sweep have an alarm, and one that is set already stays. */
    async #provideAlarm(): Promise<void> {
      if (this.#sweepEveryMs === undefined || (await this.ctx.storage.getAlarm()) !== null) return;
      await this.ctx.storage.setAlarm(this.#now() + this.#sweepEveryMs);
    }
  };
}
