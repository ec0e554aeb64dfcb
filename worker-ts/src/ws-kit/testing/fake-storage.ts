// The storage of an object that is not there: one map of structured clones behind both faces, and an alarm time.
import type { DurableKvLike, DurableStorageLike } from "../platform";

/** Storage as an object with SQLite has it (`kv`), or as an older object has it (without). It outlives every sleep. */
export class FakeStorage implements DurableStorageLike {
  readonly #values = new Map<string, unknown>();
  readonly #sqlite: boolean;
  #alarm: number | null = null;

  constructor(sqlite: boolean) {
    this.#sqlite = sqlite;
  }

  get kv(): DurableKvLike {
    if (!this.#sqlite) throw new Error("this object has no SQLite storage, and therefore no storage.kv");
    const values = this.#values;
    return {
      get: (key) => structuredClone(values.get(key)),
      put: (key, value) => void values.set(key, structuredClone(value)),
      delete: (key) => values.delete(key),
      *list({ prefix = "" } = {}) {
        for (const key of [...values.keys()].sort())
          if (key.startsWith(prefix)) yield [key, structuredClone(values.get(key))];
      },
    };
  }

  async get(key: string): Promise<unknown> {
    return structuredClone(this.#values.get(key));
  }

  async put(key: string, value: unknown): Promise<void> {
    this.#values.set(key, structuredClone(value));
  }

  async delete(key: string): Promise<boolean> {
    return this.#values.delete(key);
  }

  async getAlarm(): Promise<number | null> {
    return this.#alarm;
  }

  async setAlarm(scheduledTime: number | Date): Promise<void> {
    this.#alarm = Number(scheduledTime);
  }

  async deleteAlarm(): Promise<void> {
    this.#alarm = null;
  }
}
