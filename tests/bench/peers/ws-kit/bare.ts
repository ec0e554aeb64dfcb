// The room on the bare platform: what a Durable Object with hibernating sockets costs when nothing stands in between.
import { DurableObject } from "cloudflare:workers";
import { readMessage, said, timeInside } from "./protocol.ts";

export class Bare extends DurableObject {
  override fetch(): Response {
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    return new Response(null, { status: 101, webSocket: client });
  }

  override webSocketMessage(socket: WebSocket, frame: string | ArrayBuffer): void {
    const { type, payload } = readMessage(frame);
    const answer = said(payload.text);
    if (type === "SAY") socket.send(answer);
    else for (const one of this.ctx.getWebSockets()) one.send(answer);
  }

  inside(frame: string, times: number, settled: boolean): Promise<number> {
    return timeInside(this.ctx.getWebSockets(), times, (socket) => this.webSocketMessage(socket, frame), settled);
  }
}
