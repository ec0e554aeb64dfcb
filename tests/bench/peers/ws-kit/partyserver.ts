// The room as a user of partyserver would build it. It has no topics: a broadcast goes to everybody.
import { type Connection, Server } from "partyserver";
import { readMessage, said, timeInside } from "./protocol.ts";

export class Partyserver extends Server {
  static override options = { hibernate: true };

  override onMessage(connection: Connection, frame: string | ArrayBuffer): void {
    const { type, payload } = readMessage(frame);
    const answer = said(payload.text);
    if (type === "SAY") connection.send(answer);
    else this.broadcast(answer);
  }

  inside(frame: string, times: number, settled: boolean): Promise<number> {
    return timeInside(this.ctx.getWebSockets(), times, (socket) => this.webSocketMessage(socket, frame), settled);
  }
}
