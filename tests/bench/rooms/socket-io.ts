// The Socket.IO peer as a contestant: its server in a Node process of its own, its wire (Engine.IO 4) spoken by hand.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { environment, root } from "../../harness/environment.ts";
import { numbersIn, uuidOf } from "./json-line.ts";
import { RawSocket } from "./raw-socket.ts";
import { type Contestant, type Heard, LINES_PER_PERSON, type Line } from "./talk.ts";

/** Engine.IO packet types, and Socket.IO packet types behind "4". */
const OPEN = "0";
const PING = "2";
const PONG = "3";
const CONNECT = "40";
const EVENT = "42";
const ACK = "43";

function take(message: Buffer, heard: Heard): void {
  const type = message.toString("latin1", 0, 2);
  if (type === EVENT) numbersIn(message, (number) => heard.delivery(number));
  else if (type === ACK) {
    if (message.includes('"code"')) heard.refusal(message.toString());
    else heard.acknowledgement();
  }
}

/** Starts the server with wide limits; each is still checked. */
export async function startSocketIo(): Promise<Contestant> {
  const child = spawn("node", [`${root}tests/bench/peers/socket-io/server.ts`], {
    env: { ...environment, RATE_PER_SECOND: "1000000", RATE_BURST: "1000000" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line]: Buffer[] = await once(child.stdout, "data");
  const port = Number(/port (\d+)/.exec(String(line))?.[1]);
  let head = 0;
  let asked = 0;
  return {
    name: "socket.io",
    async open(n, heard): Promise<Line> {
      const user = Math.floor(n / LINES_PER_PERSON);
      let joined = (): void => {};
      const connected = new Promise<void>((resolve) => {
        joined = resolve;
      });
      const counted: Heard = {
        ...heard,
        acknowledgement() {
          head += 1;
          heard.acknowledgement();
        },
      };
      const path = `/socket.io/?EIO=4&transport=websocket&user=${user}`;
      const socket = await RawSocket.open({ port, path }, (message, line) => {
        const first = String.fromCharCode(message[0]!);
        if (first === OPEN) line.sendText(CONNECT);
        else if (first === PING) line.sendText(PONG);
        else if (message.toString("latin1", 0, 2) === CONNECT) joined();
        else take(message, counted);
      });
      await connected;
      return {
        publish(number, text) {
          const request = JSON.stringify({ type: "message", id: uuidOf(number), replyTo: 0, text });
          asked += 1;
          socket.sendText(`${EVENT}${asked}${JSON.stringify(["message", request])}`);
        },
        resume() {
          throw new Error("recovers by its own session ids only");
        },
        get bytes() {
          return socket.bytes;
        },
        cut: () => socket.cut(),
      };
    },
    head: async () => head,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    },
  };
}
