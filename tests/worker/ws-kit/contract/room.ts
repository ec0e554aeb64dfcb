// A real object around the contract's router: DurablePubSub as it stands in workerd, for contract.test.ts.
import { DurableObject } from "cloudflare:workers";
import { message } from "@ws-kit/zod";
import {
  createDurableObjectHandler,
  type DurableObjectHandler,
  type DurablePubSub,
} from "../../../../worker-ts/src/ws-kit/index";
import { contractRouter } from "../../../../worker-ts/src/ws-kit/testing/index";

/** A client that sends MARK gets MARK back, behind all that was sent to it before. */
export const MARK = "MARK";

/** Clients bring their ids along: nothing here is secret. */
const idOf = (request: Request): string => new URL(request.url).searchParams.get("id") ?? "";

export class ContractRoom extends DurableObject {
  pubsub!: DurablePubSub;
  publish!: ReturnType<typeof contractRouter>["publish"];
  readonly handler: DurableObjectHandler<Record<string, unknown>>;

  constructor(state: DurableObjectState, env: Cloudflare.Env) {
    super(state, env);
    this.handler = createDurableObjectHandler(
      ({ pubsub }) => {
        const { router, publish } = contractRouter(pubsub);
        Object.assign(this, { pubsub, publish });
        router.on(message(MARK, {}), (ctx: { ws: { send(text: string): void } }) => ctx.ws.send(MARK));
        return router;
      },
      { state, env, clientId: idOf },
    );
  }

  override fetch(request: Request): Promise<Response> {
    return this.handler.fetch(request);
  }
  override webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    return this.handler.webSocketMessage(socket, data);
  }
  override webSocketClose(socket: WebSocket, code: number, reason: string, wasClean: boolean): Promise<void> {
    return this.handler.webSocketClose(socket, code, reason, wasClean);
  }
}
