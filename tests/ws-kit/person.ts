// Somebody with a WebSocket, for tests that run a Worker as a whole.

const ARRIVAL_MS_MAX = 60_000;

interface Frame {
  readonly type: string;
  readonly meta?: { readonly correlationId?: string };
  readonly payload: Readonly<Record<string, unknown>>;
}

/** Somebody with a socket. */
export class Person {
  readonly got: Frame[] = [];
  readonly socket: WebSocket;
  readonly opened: Promise<void>;

  constructor(origin: string, room: string, name: string) {
    this.socket = new WebSocket(`${origin}/${room}?name=${name}`);
    this.socket.addEventListener("message", ({ data }) => this.got.push(JSON.parse(String(data)) as Frame));
    this.opened = new Promise((resolve, reject) => {
      this.socket.addEventListener("open", () => resolve());
      this.socket.addEventListener("error", () => reject(new Error(`${name} was refused`)));
    });
  }

  send(type: string, payload: object, meta: object = {}): void {
    this.socket.send(JSON.stringify({ type, payload, meta }));
  }

  /** The next frame of a type; it is taken from `got`. */
  async next(type: string): Promise<Frame["payload"]> {
    const end = Date.now() + ARRIVAL_MS_MAX;
    for (;;) {
      const at = this.got.findIndex((frame) => frame.type === type);
      if (at >= 0) return this.got.splice(at, 1)[0]!.payload;
      if (Date.now() > end) throw new Error(`no ${type} came, but ${JSON.stringify(this.got)}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async who(): Promise<unknown> {
    this.send("WHO", {}, { correlationId: "w" });
    return (await this.next("PEOPLE"))["people"];
  }
}
