// The inspector of a Worker that runs: collects its garbage, tells its heap, takes profiles. A Worker is started with a port for it.

/** A Worker's inspector. */
export class Inspector implements Disposable {
  readonly #socket: WebSocket;
  #asked = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  /** Of the Worker whose name holds `name`. */
  static async of(port: number, name = "worker"): Promise<Inspector> {
    const targets = (await (await fetch(`http://127.0.0.1:${port}/json`)).json()) as {
      readonly id: string;
      readonly webSocketDebuggerUrl: string;
    }[];
    const target = targets.find(({ id }) => id.includes(name));
    if (target === undefined) throw new Error("the Worker has no inspector");
    const socket = new WebSocket(target.webSocketDebuggerUrl);
    await new Promise((resolve) => socket.addEventListener("open", resolve, { once: true }));
    return new Inspector(socket);
  }

  /** A command of the inspector protocol, and its result. */
  ask<T>(method: string, params: object = {}): Promise<T> {
    this.#asked += 1;
    const id = this.#asked;
    return new Promise((resolve) => {
      const read = ({ data }: MessageEvent): void => {
        const answer: { id?: number; result?: T } = JSON.parse(String(data));
        if (answer.id !== id) return;
        this.#socket.removeEventListener("message", read);
        resolve(answer.result!);
      };
      this.#socket.addEventListener("message", read);
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  /** Bytes of the heap that are in use: after two collections, for the first one may leave what finalizers hold. */
  async heapBytes(): Promise<number> {
    await this.ask("HeapProfiler.collectGarbage");
    await this.ask("HeapProfiler.collectGarbage");
    return (await this.ask<{ usedSize: number }>("Runtime.getHeapUsage")).usedSize;
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}
