// A line to a server on which anything can be said: fetch would not lie about a length, stop in the middle or hang up.
import { connect } from "node:net";

/** A line on which nothing comes for so long is given up. */
const SILENCE_MS_MAX = 100_000;

/** What came back on a line until it was closed. */
export interface Heard {
  /** The status of each answer, in order: a body that goes on is read as the next request. */
  readonly statuses: readonly number[];
  /** All of it. */
  readonly text: string;
}

/** How a line is used. */
export interface Speech {
  /** What is said, in turn; a number is a pause in ms, a promise one until it is kept. */
  readonly say: readonly (string | number | Promise<void>)[];
  /** What the speaker does after the last word: waits for the other side to close, says no more, or is gone. */
  readonly ending?: "wait" | "end" | "vanish";
}

/** Says it, and resolves to what was heard when the line is closed, by whichever side. */
export function speak(url: string, { say, ending = "wait" }: Speech): Promise<Heard> {
  const { port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), "127.0.0.1");
    let text = "";
    socket.setTimeout(SILENCE_MS_MAX, () =>
      socket.destroy(new Error(`nothing came on the line any more; before: ${text}`)),
    );
    socket.on("data", (data) => {
      text += data.toString();
    });
    // A server that has answered may close the line on somebody who still speaks.
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "ECONNRESET" && error.code !== "EPIPE") reject(error);
    });
    socket.on("close", () => {
      const statuses = [...text.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => Number(status));
      resolve({ statuses, text });
    });
    socket.on("connect", async () => {
      for (const word of say) {
        if (typeof word === "number") await new Promise((done) => setTimeout(done, word));
        else if (word instanceof Promise) await word;
        else socket.write(word);
      }
      if (ending === "end") socket.end();
      if (ending === "vanish") socket.destroy();
    });
  });
}

/** The head of a form that is posted, the last request on its line; these headers say how long it is. */
export function formHead(path: string, ...headers: readonly string[]): string {
  const type = "content-type: application/x-www-form-urlencoded";
  return [`POST ${path} HTTP/1.1`, "host: localhost", type, "connection: close", ...headers, "", ""].join("\r\n");
}
