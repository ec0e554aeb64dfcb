// Keeps an eye on one kernel: how it stands, its graph, its trace, and when to look again. Timers and the door are handed in.
import { ApiError } from "../../api/call";
import { type Layout, layOut } from "../model/layout";
import { type Scene, sceneOf } from "../model/scene";
import { extend } from "../model/trace";
import { sayRefusal } from "./door";
import type { Graph, Status, Step } from "./shapes";

/** Looks follow so fast while something happens, and so slowly while nothing does; a failed one is tried again after the last. */
export const BUSY_MS = 350;
export const IDLE_MS = 2000;
const FAILED_MS = 4000;

/** The part of the door that is watched. */
export interface Watched {
  look(after: number): Promise<readonly [Status, readonly Step[]]>;
  graph(): Promise<Graph>;
}

/** What is known of the kernel. */
export interface Seen {
  readonly status: Status;
  readonly graph: Graph;
  readonly scene: Scene;
  readonly layout: Layout;
  readonly steps: readonly Step[];
  /** Last crank of the look before this one; what came after it is new. */
  readonly before: number;
}

export interface State {
  readonly seen: Seen | undefined;
  /** Nobody is signed in, or it is no admin. */
  readonly refused: "nobody" | "no admin" | undefined;
  /** Why the last look failed. */
  readonly failure: string | undefined;
}

export const UNSEEN: State = { seen: undefined, refused: undefined, failure: undefined };

export interface Timers {
  after(ms: number, f: () => void): () => void;
}

export class Watch implements Disposable {
  readonly #door: Watched;
  readonly #timers: Timers;
  readonly #tell: (state: State) => void;
  #state: State = UNSEEN;
  #stop = (): void => {};
  #closed = false;
  #looking: Promise<void> | undefined;

  constructor(door: Watched, timers: Timers, tell: (state: State) => void) {
    this.#door = door;
    this.#timers = timers;
    this.#tell = tell;
  }

  /** Looks now, and from then on by itself. Resolves when this look is over; one that is under way is waited for and repeated. */
  async look(): Promise<void> {
    while (this.#looking !== undefined) await this.#looking;
    if (this.#closed) return;
    this.#stop();
    this.#looking = this.#once().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** Looks no more until asked to. */
  rest(): void {
    this.#stop();
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#stop();
  }

  async #once(): Promise<void> {
    const before = this.#state.seen;
    try {
      const seen = await this.#see(before);
      this.#set({ seen, refused: undefined, failure: undefined }, seen.graph === before?.graph ? IDLE_MS : BUSY_MS);
    } catch (error) {
      const status = error instanceof ApiError ? error.status : undefined;
      if (status === 401 || status === 403)
        this.#set({ ...UNSEEN, refused: status === 401 ? "nobody" : "no admin" }, undefined);
      else this.#set({ ...this.#state, failure: sayRefusal(error) }, FAILED_MS);
    }
  }

  async #see(before: Seen | undefined): Promise<Seen> {
    const last = before?.steps.at(-1)?.crank ?? 0;
    const [status, more] = await this.#door.look(last);
    // a kernel that was wiped under the same name begins again
    const known = before !== undefined && status.kernel.crank >= before.graph.crank ? before : undefined;
    const steps = extend(known?.steps ?? [], more);
    if (
      known !== undefined &&
      known.graph.crank === status.kernel.crank &&
      known.graph.queue.length === status.kernel.queue
    )
      return { ...known, status, steps, before: last };
    const graph = await this.#door.graph();
    const scene = sceneOf(graph);
    // what happened before the first look is not shown to happen
    const old = before === undefined ? (steps.at(-1)?.crank ?? 0) : last;
    return { status, graph, scene, layout: layOut(scene, known?.layout), steps, before: old };
  }

  #set(state: State, again: number | undefined): void {
    if (this.#closed) return;
    this.#state = state;
    this.#tell(state);
    if (again !== undefined) this.#stop = this.#timers.after(again, () => void this.look());
  }
}
