// Carries out what a Connection orders: ticket, socket, timer. Decides nothing.
import type { Ticket } from "../http";
import type { Platform, Socket, Timer } from "../platform";
import { RoomError } from "../room-error";
import type { Connection } from "./connection";
import type { News, Order } from "./news";
import type { Tap } from "./tap";

const SUBPROTOCOL = "ferrule.v1";

/** By how much (ms) the clock may fall without notice: time servers correct it a little all the time. */
const CLOCK_BACK_MS = 5_000;
/** The longest that a timer can be set (ms). */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** Something that has frames to send while the connection is open. `pollTimeout`: when (ms) to ask again. */
export interface Source {
  pollTransmit(now: number): Uint8Array | undefined;
  pollTimeout(): number | undefined;
}

/** Something that changes by time alone. `pollTimeout`: when (ms) `handleTimeout` is due. */
export interface Timed {
  handleTimeout(now: number): void;
  pollTimeout(): number | undefined;
}

export interface LinePorts {
  readonly platform: Platform;
  readonly connection: Connection;
  /** Asked in turn while the connection is open. */
  readonly sources: readonly Source[];
  /** Runs on the same timer. */
  readonly timed: Timed;
  readonly tap: Tap | undefined;
  takeTicket(signal: AbortSignal): Promise<Ticket>;
  tell(news: News): void;
}

/** A dial and, once it is made, its socket. */
interface Dial {
  readonly abort: AbortController;
  socket: Socket | undefined;
}

/** The one owner of a room's socket and of its timer. */
export class Line {
  readonly #ports: LinePorts;
  /** The dial or socket in use; events of any other one are ignored. */
  #current: Dial | undefined;
  #timer: Timer;
  /** When the timer fires; most messages do not change it. */
  #due: number | undefined;
  /** The latest time seen. */
  #latest = Number.NEGATIVE_INFINITY;
  #polling = false;

  constructor(ports: LinePorts) {
    this.#ports = ports;
  }

  start(): void {
    this.#with((connection, now) => connection.handleStart(now));
  }

  online(): void {
    this.#with((connection, now) => connection.handleOnline(now));
  }

  retry(): void {
    this.#with((connection, now) => connection.retry(now));
  }

  end(): void {
    this.#with((connection) => connection.end());
  }

  /** The application has handled everything of a message of `bytes` bytes that came on the line numbered `line`. */
  consumed(line: number, bytes: number): void {
    this.#with((connection, now) => connection.handleConsumed(line, bytes, now));
  }

  /** Does whatever can be done now. Called again from inside, it leaves the work to the call that is running. */
  poll(): void {
    if (this.#polling) return;
    this.#polling = true;
    while (this.#step());
    this.#polling = false;
    this.#arm();
  }

  #with(act: (connection: Connection, now: number) => void): void {
    const { connection, platform } = this.#ports;
    const now = platform.now();
    if (now < this.#latest - CLOCK_BACK_MS) {
      connection.handleClockBack(now);
      this.#latest = now;
    }
    this.#latest = Math.max(this.#latest, now);
    act(connection, now);
    this.poll();
  }

  /** One order, piece of news or frame; false when there is none. */
  #step(): boolean {
    const { connection, sources, platform, tell } = this.#ports;
    const order = connection.pollOrder();
    if (order !== undefined) {
      this.#obey(order);
      return true;
    }
    const news = connection.pollNews();
    if (news !== undefined) {
      tell(news);
      return true;
    }
    if (!connection.open) return false;
    for (const source of sources) {
      const frame = source.pollTransmit(platform.now());
      if (frame === undefined) continue;
      this.#send(frame);
      return true;
    }
    return false;
  }

  #obey(order: Order): void {
    if (order.do === "dial") void this.#dial();
    else if (order.do === "take-ticket") void this.#renew();
    else if (order.do === "send") this.#send(order.data);
    else this.#hangUp(order.code, order.reason);
  }

  /** On a socket that is closing this does nothing; its close event says so soon after. */
  #send(data: Uint8Array | string): void {
    const socket = this.#current?.socket;
    if (socket === undefined) return;
    socket.send(data as Uint8Array<ArrayBuffer> | string);
    if (typeof data !== "string") this.#ports.tap?.("up", data);
  }

  #hangUp(code: number, reason: string): void {
    const old = this.#current;
    this.#current = undefined;
    old?.abort.abort();
    old?.socket?.close(code, reason);
  }

  async #dial(): Promise<void> {
    const { connection, platform, takeTicket, tap } = this.#ports;
    const current: Dial = { abort: new AbortController(), socket: undefined };
    this.#current = current;
    const mine = (act: (now: number) => void) => this.#during(current, act);
    try {
      const { ticket, url } = await takeTicket(current.abort.signal);
      if (this.#current !== current) return;
      const socket = new platform.WebSocket(url, [SUBPROTOCOL, `ferrule.ticket.${ticket}`]);
      current.socket = socket;
      socket.binaryType = "arraybuffer";
      socket.addEventListener("open", () => mine(() => connection.handleOpen()));
      socket.addEventListener("message", ({ data }) => {
        const message = data instanceof ArrayBuffer ? new Uint8Array(data) : String(data);
        if (typeof message !== "string" && this.#current === current) tap?.("down", message);
        mine((now) => connection.handleMessage(message, now));
      });
      // Its close event follows and says the same; but some WebSockets of Node throw when nobody listens.
      socket.addEventListener("error", () => {});
      socket.addEventListener("close", ({ code, reason }) => mine((now) => connection.handleClose(code, reason, now)));
    } catch (cause) {
      const error =
        cause instanceof RoomError ? cause : new RoomError("network", `cannot connect: ${cause}`, { cause });
      mine((now) => connection.handleDialFailed(error, now));
    }
  }

  /** A ticket for the line that is open, to stay on it. */
  async #renew(): Promise<void> {
    const { connection, takeTicket } = this.#ports;
    const current = this.#current;
    if (current === undefined) return;
    try {
      const { ticket } = await takeTicket(current.abort.signal);
      this.#during(current, (now) => connection.handleTicket(ticket, now));
    } catch {
      // Why is told when the admission has ended and a new connection is tried: until then nothing is lost.
      this.#during(current, (now) => connection.handleNoTicket(now));
    }
  }

  /** Does nothing when another line is in use by now. */
  #during(dial: Dial, act: (now: number) => void): void {
    if (this.#current === dial) this.#with((_, now) => act(now));
  }

  #arm(): void {
    const { connection, sources, timed, platform } = this.#ports;
    const times = [connection, timed, ...(connection.open ? sources : [])].map((each) => each.pollTimeout());
    const due = Math.min(...times.map((time) => time ?? Number.POSITIVE_INFINITY));
    if (due === this.#due) return;
    this.#due = due;
    platform.clearTimeout(this.#timer);
    if (due === Number.POSITIVE_INFINITY) return;
    this.#timer = platform.setTimeout(
      () => {
        this.#due = undefined;
        this.#with((_, now) => {
          timed.handleTimeout(now);
          connection.handleTimeout(now);
        });
      },
      Math.min(Math.max(0, due - platform.now()), TIMER_MS_MAX),
    );
  }
}
