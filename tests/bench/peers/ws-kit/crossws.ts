// The room as a user of crossws would build it. Its publish leaves the author out, who gets a copy of his own here, as in the other rooms.
import { DurableObject } from "cloudflare:workers";
import adapter from "crossws/adapters/cloudflare";
import { isOfFew, readMessage, said, timeInside } from "./protocol.ts";

const ws = adapter({
  hooks: {
    open(peer) {
      peer.subscribe("all");
      if (isOfFew(peer.request.url)) peer.subscribe("few");
    },
    message(peer, message) {
      const { type, payload } = readMessage(message.text());
      const answer = said(payload.text);
      if (type === "CAST") peer.publish(payload.topic, answer);
      if (type === "SAY" || peer.topics.has(payload.topic)) peer.send(answer);
    },
  },
});

export class Crossws extends DurableObject {
  override fetch(request: Request) {
    return ws.handleDurableUpgrade(this, request);
  }

  override webSocketMessage(socket: WebSocket, frame: string | ArrayBuffer) {
    return ws.handleDurableMessage(this, socket, frame);
  }

  override webSocketClose(socket: WebSocket, code: number, reason: string, wasClean: boolean) {
    return ws.handleDurableClose(this, socket, code, reason, wasClean);
  }

  inside(frame: string, times: number, settled: boolean): Promise<number> {
    return timeInside(this.ctx.getWebSockets(), times, (socket) => this.webSocketMessage(socket, frame), settled);
  }
}
