// What is stored beside a socket, and what becomes of it when it is too big, cannot be stored, or is not ours.
import { describe, expect, it } from "vitest";
import type { DurableKvLike, DurableSocketLike } from "../platform";
import { ACTIVE_STEP_MS, type AttachmentStorage, Attachments, type PersistHooks, type Remembered } from "./attachment";

type Data = Record<string, unknown>;

/** A socket that takes attachments of at most `charsMax` as JSON; the limit of the platform is tested in workerd. */
class MemorySocket implements DurableSocketLike {
  readonly readyState = 1;
  attachment: unknown = null;
  constructor(private readonly charsMax = 200) {}
  send(): void {}
  close(): void {}
  serializeAttachment(value: unknown): void {
    const copy: unknown = structuredClone(value);
    if (JSON.stringify(copy).length > this.charsMax) throw new Error("too big");
    this.attachment = copy;
  }
  deserializeAttachment(): unknown {
    return structuredClone(this.attachment);
  }
}

class MemoryKv implements DurableKvLike {
  readonly values = new Map<string, unknown>();
  get(key: string): unknown {
    return structuredClone(this.values.get(key));
  }
  put(key: string, value: unknown): void {
    this.values.set(key, structuredClone(value));
  }
  delete(key: string): boolean {
    return this.values.delete(key);
  }
  list({ prefix = "" }: { prefix?: string } = {}): Iterable<[string, unknown]> {
    return [...this.values].filter(([key]) => key.startsWith(prefix));
  }
}

function world(persist?: PersistHooks<Data>, storage: AttachmentStorage = { kv: new MemoryKv() }) {
  return { socket: new MemorySocket(), attachments: new Attachments<Data>(storage, persist) };
}

const client = (data: Data, over: Partial<Remembered<Data>> = {}): Remembered<Data> => ({
  id: "ann",
  data,
  topics: new Set(["tea"]),
  openedAtMs: 1,
  activeAtMs: 2,
  spilled: false,
  ...over,
});

/** What comes back of a client: its last message up to a second younger, and nothing of what is remembered about writing. */
const readBack = ({ written: _, ...rest }: Remembered<Data>): Remembered<Data> => ({
  ...rest,
  activeAtMs: rest.activeAtMs + ACTIVE_STEP_MS,
});

const code = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return (error as { code?: unknown }).code ?? error;
  }
};

describe("attachments", () => {
  it("A09 reads back what was written, types that JSON loses included", () => {
    const { socket, attachments } = world();
    const ann = client({ since: new Date(5), seats: new Map([["a", 1]]) });
    attachments.write(socket, ann);
    expect(attachments.read(socket)).toEqual(readBack(ann));
    expect(attachments.idOf(socket)).toBe("ann");
  });

  it.each([null, 5, "ann", {}, { i: "ann" }, { __wskit: 2, i: "ann", d: {}, t: [], o: 1, a: 1 }, { __wskit: 1 }])(
    "A31 %j is not ours",
    (attachment) => {
      const { socket, attachments } = world();
      socket.attachment = attachment;
      expect(attachments.read(socket)).toBeUndefined();
      expect(attachments.idOf(socket)).toBeUndefined();
    },
  );

  it("A22 spills what is too big, stays spilled, and forgets both halves", () => {
    const kv = new MemoryKv();
    const { socket, attachments } = world(undefined, { kv });
    const ann = client({ fill: "x".repeat(300) });
    attachments.write(socket, ann);
    expect(ann.spilled).toBe(true);
    expect(attachments.read(socket)).toEqual(readBack(ann));
    ann.data = { fill: "" };
    attachments.write(socket, ann);
    expect(attachments.read(socket)).toEqual(readBack(ann));
    expect(kv.values.size).toBe(1);
    attachments.forget(socket, ann.id, ann.spilled);
    expect([attachments.read(socket), kv.values.size]).toEqual([undefined, 0]);
  });

  it("A22 sweeps bodies without a socket and nothing else", () => {
    const kv = new MemoryKv();
    const { attachments } = world(undefined, { kv });
    for (const key of ["__wskit:spill:ann", "__wskit:spill:bob", "mine"]) kv.put(key, {});
    const isLive = (id: string) => id === "ann";
    attachments.sweepOrphans(isLive);
    expect(kv.values.has("__wskit:spill:bob")).toBe(true); // its close event may be on its way
    attachments.sweepOrphans(isLive);
    expect([...kv.values.keys()]).toEqual(["__wskit:spill:ann", "mine"]);
  });

  const noSqlite: AttachmentStorage = {
    get kv(): DurableKvLike {
      throw new Error("no SQLite");
    },
  };
  it.each([
    ["has no kv", {}],
    ["throws at the name of kv", noSqlite],
  ] as const)("A22 storage that %s is SPILL_UNAVAILABLE, and what was written last stays", (_, storage) => {
    const { socket, attachments } = world(undefined, storage);
    attachments.write(socket, client({ note: "good" }));
    expect(code(() => attachments.write(socket, client({ fill: "x".repeat(300) })))).toBe("SPILL_UNAVAILABLE");
    expect(attachments.read(socket)?.data).toEqual({ note: "good" });
    expect(() => attachments.sweepOrphans(() => false)).not.toThrow();
  });

  it("A22 a spilled body that is gone is an error, never an empty client", () => {
    const kv = new MemoryKv();
    const { socket, attachments } = world(undefined, { kv });
    attachments.write(socket, client({ fill: "x".repeat(300) }));
    kv.values.clear();
    expect(code(() => attachments.read(socket))).toBe("SPILL_UNAVAILABLE");
  });

  it.each([0, 300])("A23 a function in the data is DATA_UNCLONEABLE, also with %i characters beside it", (chars) => {
    const { socket, attachments } = world();
    const ann = client({ fill: "x".repeat(chars) });
    attachments.write(socket, ann);
    ann.data = { ...ann.data, run: () => {} };
    expect(code(() => attachments.write(socket, ann))).toBe("DATA_UNCLONEABLE");
    expect(attachments.read(socket)?.data).toEqual({ fill: "x".repeat(chars) });
  });

  it("A23 and that is what it is called where there is no SQLite storage, too", () => {
    const { socket, attachments } = world(undefined, {});
    expect(code(() => attachments.write(socket, client({ run: () => {} })))).toBe("DATA_UNCLONEABLE");
  });

  it("A10 writes what has changed and nothing else", () => {
    const { socket, attachments } = world();
    const ann = client({ name: "Ann", seats: 2 });
    const writes = (change: () => void): boolean => {
      socket.attachment = undefined;
      change();
      attachments.write(socket, ann);
      return socket.attachment !== undefined;
    };
    expect(writes(() => {})).toBe(true);
    expect(writes(() => {})).toBe(false);
    expect(writes(() => (ann.data = { name: "Ann", seats: 2 }))).toBe(false);
    expect(writes(() => (ann.data["seats"] = 3))).toBe(true);
    expect(writes(() => delete ann.data["seats"])).toBe(true);
    expect(writes(() => (ann.data["seats"] = undefined))).toBe(true);
    expect(writes(() => (ann.data["list"] = []))).toBe(true);
    expect(writes(() => {})).toBe(true); // an array may have changed inside
    expect(writes(() => delete ann.data["list"])).toBe(true);
    expect(writes(() => (ann.activeAtMs += ACTIVE_STEP_MS - 1))).toBe(false);
    expect(writes(() => (ann.activeAtMs += 1))).toBe(true);
    expect(attachments.read(socket)).toEqual(readBack(ann));
  });

  it.each([0, 130])("A52 who was sent away is so after a sleep, with %i characters of data", (chars) => {
    const { socket, attachments } = world();
    const ann = client({ fill: "x".repeat(chars) });
    attachments.write(socket, ann);
    expect([attachments.read(socket)?.dismissed, JSON.stringify(socket.attachment).length > 190]).toEqual([
      undefined,
      chars > 0,
    ]);
    attachments.dismiss(socket, ann);
    expect(attachments.read(socket)).toMatchObject({ dismissed: true, data: ann.data, topics: ann.topics });
    expect(ann.spilled).toBe(chars > 0);
  });

  it("A09 hooks say what is stored, and bring it back", () => {
    const { socket, attachments } = world({
      serialize: ({ user }) => ({ user }),
      deserialize: (raw) => ({ ...(raw as Data), revived: true }),
    });
    attachments.write(socket, client({ user: "ann", secret: "s" }));
    expect(JSON.stringify(socket.attachment)).not.toContain("secret");
    expect(attachments.read(socket)?.data).toEqual({ user: "ann", revived: true });
  });
});
