// The partyserver peer as a contestant.
import { root } from "../../harness/environment.ts";
import { startWorker } from "../../harness/server/workerd.ts";
import { numbersIn, uuidOf } from "./json-line.ts";
import { RawSocket } from "./raw-socket.ts";
import { type Contestant, LINES_PER_PERSON, type Line } from "./talk.ts";

const PATH = "/parties/room/lobby";
/** What tells the kinds of answers apart: the first letter behind `{"type":"`. */
const TYPE_AT = 9;
const TYPE = { ack: "a".charCodeAt(0), error: "e".charCodeAt(0) } as const;

/** Starts the Worker with wide limits; each is still checked. */
export async function startPartyserver(): Promise<Contestant> {
  const server = await startWorker({
    config: `${root}tests/bench/peers/partyserver/wrangler.jsonc`,
    vars: { RATE_PER_SECOND: "1000000", RATE_BURST: "1000000" },
  });
  let head = 0;
  return {
    name: "partyserver",
    async open(n, heard): Promise<Line> {
      const user = Math.floor(n / LINES_PER_PERSON);
      const delivery = (number: number): void => heard.delivery(number);
      const socket = await RawSocket.open({ port: server.port, path: `${PATH}?user=${user}` }, (message) => {
        const type = message[TYPE_AT];
        if (type === TYPE.ack) {
          head += 1;
          heard.acknowledgement();
        } else if (type === TYPE.error) heard.refusal(message.toString());
        else numbersIn(message, delivery);
      });
      return {
        publish: (number, text) =>
          socket.sendText(JSON.stringify({ type: "message", id: uuidOf(number), replyTo: 0, text })),
        resume: (after) => socket.sendText(JSON.stringify({ type: "resume", after })),
        get bytes() {
          return socket.bytes;
        },
        cut: () => socket.cut(),
      };
    },
    head: async () => head,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
