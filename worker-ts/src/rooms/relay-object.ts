// A relay's shell: the Durable Object that holds sockets of a room that has more than one object can. It hands each event on and turns
// failures into INTERNAL; what a frame leads to is below it, and what is written is the room's to say.

import { DurableObject } from "cloudflare:workers";
import { ERROR_CODE } from "@ferrule/core";
import { logFailure } from "../platform/log";
import { ADMISSION_HEADER, decodeAdmission } from "./admission";
import type { DueKind } from "./log/due";
import type { Laggards } from "./operation";
import { placeIn, RELAY_FULL } from "./relay/enter";
import { isSameEpoch } from "./relay/epoch";
import type { Push, RelayLine, Report, RoomLine } from "./relay/shapes";
import { Descent } from "./relay/socket/descent";
import { greetAll, lose, receive, take } from "./relay/socket/frames";
import { knowEpoch, type OpenRelay, openRelay, reportOf } from "./relay/socket/open-relay";
import { REFUSAL } from "./room";
import { type RoomSettings, roomSettings } from "./settings";
import { newAttachment } from "./socket/attachment";
import { Connection, isOpen } from "./socket/connection";
import { isSendable, refuseUpgrade } from "./socket/frame/upgrade";
import { endSilence, lookAfter, replaceOldest, sweepDead } from "./socket/frame/upkeep";
import { endExpired, tellRole } from "./socket/refresh";
import { disconnect, laggardsOf, whoseConnection } from "./socket/watch";
import { SUBPROTOCOL } from "./wire/protocol";

/** What the composition may hand to every relay. */
export interface RelayPorts {
  /** Other settings than those of the Worker's variables. */
  readonly settings?: (env: object) => RoomSettings;
}

/** Makes the Durable Object class of relays; the Worker's entry exports it as `RelayObject`. */
export function defineRelayObject(ports: RelayPorts = {}): new (state: DurableObjectState, env: object) => RelayObject {
  return class extends RelayObject {
    constructor(state: DurableObjectState, env: object) {
      super(state, env, ports.settings?.(env) ?? roomSettings(env, () => Date.now()));
    }
  };
}

/** What failed is tried again after this time. */
const ALARM_RETRY_MS = 5_000;

/** One relay of a room. Its name is `<room>/<n>`; made by `defineRelayObject`. */
export class RelayObject extends DurableObject<object> implements RelayLine {
  readonly settings: RoomSettings;
  #opened: { readonly relay: OpenRelay; readonly descent: Descent } | undefined;
  readonly #work: Readonly<Partial<Record<DueKind, (relay: OpenRelay, now: number) => void>>> = {
    hello: endSilence,
    sweep: (relay, now) => {
      sweepDead(relay, now, (socket) => this.#pingOf(socket));
      // what was told while it slept, or was lost, is asked for: whether the room is there at all
      if (relay.connections.count() > 0) relay.climb.stir();
    },
    expiry: endExpired,
  };

  constructor(state: DurableObjectState, env: object, settings: RoomSettings) {
    super(state, env);
    this.settings = settings;
    state.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  /** Opens a socket for the admission and the place in the headers; only the Worker can call this. */
  override async fetch(request: Request): Promise<Response> {
    const relay = this.#open()?.relay;
    if (relay === undefined) return refuseUpgrade(500, "internal");
    const admission = decodeAdmission(request.headers.get(ADMISSION_HEADER));
    const place = placeIn(request);
    if (admission === null || place === null) return refuseUpgrade(401, "unauthenticated");
    const { connections, settings, totals } = relay;
    if (connections.count() >= settings.relaySocketsMax) return refuseUpgrade(503, RELAY_FULL);
    const { userId, sessionId, expiresAt, roleAt } = admission;
    const { conn, ref, role, epoch } = place;
    if (relay.epoch === undefined) knowEpoch(relay, epoch);
    else if (!isSameEpoch(relay.epoch, epoch)) {
      // one of the two is over: the room's answer says which, and the client comes again
      relay.climb.stir();
      return refuseUpgrade(500, "internal");
    }
    replaceOldest(relay, userId, place.tabs);
    tellRole(relay, userId, { role, roleAt });
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server, [`u:${userId}`]);
    const state = newAttachment({ conn, ref, userId, sessionId, role, roleAt, expiresAt }, settings.now());
    connections.add(Connection.accepted(server, state, settings, totals));
    totals.count("opened");
    lookAfter(relay, expiresAt);
    return new Response(null, { status: 101, webSocket: client, headers: { "sec-websocket-protocol": SUBPROTOCOL } });
  }

  /** What is new in the room; answers how far it has come here. The same twice is as once. */
  async down(push: Push): Promise<Report> {
    const { relay, descent } = this.#mustOpen();
    await descent.take(push);
    return reportOf(relay);
  }

  /** Connections here whose client does not keep up. */
  laggards(): Laggards {
    const { relay } = this.#mustOpen();
    return laggardsOf(relay, relay.n);
  }

  /** Whose a connection is; null when it is not here. */
  whoseConnection(conn: number): string | null {
    return whoseConnection(this.#mustOpen().relay, conn);
  }

  /** Closes one connection that is behind: its client comes back and goes on where it was. False when it is gone. */
  disconnect(conn: number): boolean {
    return disconnect(this.#mustOpen().relay, conn);
  }

  /** Handles one message; whatever goes wrong in it ends this connection and no other. */
  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> | undefined {
    if (!isOpen(socket)) return;
    const relay = this.#open()?.relay;
    const connection = relay?.connections.find(socket) ?? Connection.woken(socket, this.settings);
    if (connection === null) socket.close(4000 + ERROR_CODE.INTERNAL, "this socket is unknown");
    else if (relay === undefined) connection.fail("INTERNAL", REFUSAL.internal.text);
    else if (typeof message === "string") connection.fail("BAD_FRAME", "text other than ping");
    else return this.#receive(relay, connection, new Uint8Array(message));
  }

  #receive(relay: OpenRelay, connection: Connection, bytes: Uint8Array): Promise<void> | undefined {
    const fail = (error: unknown) => {
      logFailure("handle a message at a relay", error);
      connection.fail("INTERNAL", REFUSAL.internal.text);
    };
    try {
      connection.touch();
      return receive(relay, connection, bytes)?.catch(fail);
    } catch (error) {
      fail(error);
    }
  }

  /** As at the room: once, twice or never for a socket. */
  override webSocketClose(socket: WebSocket, code: number): void {
    this.#open()?.relay.connections.remove(socket);
    if (socket.readyState !== WebSocket.CLOSED) socket.close(isSendable(code) ? code : 1000);
  }

  /** The line broke; a close event may or may not follow. */
  override webSocketError(socket: WebSocket): void {
    this.#open()?.relay.connections.remove(socket);
    if (socket.readyState !== WebSocket.CLOSED) socket.close(1011, "socket error");
  }

  /** Does what is due. */
  override alarm(): void {
    const { relay } = this.#mustOpen();
    const now = relay.settings.now();
    for (const row of relay.due.list(now)) {
      relay.due.take(row);
      try {
        this.#work[row.kind]?.(relay, now);
      } catch (error) {
        logFailure(`do what is due at a relay: ${row.kind}`, error);
        relay.due.putBack(row, now + ALARM_RETRY_MS, (why) => this.ctx.abort(why));
      }
    }
    relay.due.arm();
  }

  #pingOf(socket: WebSocket): number {
    return this.ctx.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? 0;
  }

  /** The relay, opened on the first call; one that cannot be opened answers INTERNAL, and tries again at each call. */
  #open(): { readonly relay: OpenRelay; readonly descent: Descent } | undefined {
    try {
      this.#opened ??= this.#wake();
    } catch (error) {
      logFailure("open a relay", error);
    }
    return this.#opened;
  }

  #wake(): { readonly relay: OpenRelay; readonly descent: Descent } {
    const relay = openRelay(this.ctx, this.settings, {
      roomOf: (id) => (this.env as { readonly ROOM: { getByName(id: string): RoomLine } }).ROOM.getByName(id),
      after: (ms, run) => {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
      life: crypto.randomUUID(),
    });
    const descent = new Descent(relay, () => greetAll(relay));
    relay.climb.hand({
      push: (push, then) => descent.take(push, then),
      answer: (connection, item, answer) => take(relay, connection, item, answer),
      lost: lose,
    });
    return { relay, descent };
  }

  #mustOpen(): { readonly relay: OpenRelay; readonly descent: Descent } {
    const opened = this.#open();
    if (opened === undefined) throw new Error(REFUSAL.internal.text);
    return opened;
  }
}
