// Events on their way to the application: one after another, each handled before the next is given.
import type { RoomEvent, RoomEvents } from "../events";

type Listener = (event: RoomEvent) => void | Promise<void>;

/**
 * Gives events to listeners in order. An async listener holds back the events after it, and `after` of its event; that
 * is what slows the room down. Listeners that are not async cost no microtask.
 */
export class EventQueue {
  #listeners = new Map<RoomEvent["type"] | "all", Set<Listener>>();
  #waiting: { readonly event: RoomEvent | undefined; readonly after: (() => void) | undefined }[] = [];
  #busy = false;
  #iterators = new Set<() => void>();
  #ended = false;

  on<K extends keyof RoomEvents>(type: K, listener: (event: RoomEvents[K]) => void | Promise<void>): () => void {
    return this.#listen(type, listener as Listener);
  }

  /** Adds an event (or none) and what to do once everything up to it has been handled. */
  push(event: RoomEvent | undefined, after?: () => void): void {
    if (this.#ended) return;
    this.#waiting.push({ event, after });
    if (!this.#busy) void this.#run();
  }

  /** Gives `event` at once, drops all that waits, and ends the iterators once they have read their last event. */
  end(event: RoomEvent): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#waiting = [];
    void this.#give(event);
    for (const end of this.#iterators) end();
  }

  #listen(type: RoomEvent["type"] | "all", listener: Listener): () => void {
    // A wrapper of its own, so that the same function may be added twice.
    const own: Listener = (event) => listener(event);
    const set = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, set.add(own));
    return () => set.delete(own);
  }

  async #run(): Promise<void> {
    this.#busy = true;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const pending = next.event === undefined ? undefined : this.#give(next.event);
      if (pending !== undefined) await pending;
      next.after?.();
    }
    this.#busy = false;
  }

  /** Undefined when every listener is done already. */
  #give(event: RoomEvent): Promise<unknown> | undefined {
    const pending: Promise<void>[] = [];
    for (const listener of [...(this.#listeners.get(event.type) ?? []), ...(this.#listeners.get("all") ?? [])]) {
      try {
        const result = listener(event);
        if (result instanceof Promise) pending.push(result.catch(rethrow));
      } catch (error) {
        rethrow(error);
      }
    }
    return pending.length === 0 ? undefined : Promise.all(pending);
  }

  /** Events from now on. An iterator that is made and not read holds everything back. */
  iterate(): AsyncIterableIterator<RoomEvent> {
    const items: { readonly event: RoomEvent; readonly done: () => void }[] = [];
    let wake: (() => void) | undefined;
    let given: (() => void) | undefined;
    let ended = this.#ended;
    const stopListening = this.#listen("all", (event) => {
      return new Promise<void>((done) => {
        items.push({ event, done });
        wake?.();
      });
    });
    const end = () => {
      ended = true;
      stopListening();
      wake?.();
    };
    this.#iterators.add(end);
    const release = () => {
      this.#iterators.delete(end);
      end();
      given?.();
      for (const item of items.splice(0)) item.done();
    };
    const next = async (): Promise<IteratorResult<RoomEvent>> => {
      // Asking for the next one says that the last one is handled.
      given?.();
      given = undefined;
      while (items.length === 0 && !ended) await new Promise<void>((resolve) => (wake = resolve));
      const item = items.shift();
      if (item === undefined) {
        release();
        return { done: true, value: undefined };
      }
      given = item.done;
      return { done: false, value: item.event };
    };
    return {
      next,
      return: async () => {
        release();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }
}

/** A listener's own fault is no business of the others: it surfaces as an unhandled rejection. */
function rethrow(error: unknown): void {
  void Promise.reject(error);
}
