// The world as the client sees it: sockets, HTTP, clock, timers, chance. Nothing else in client/ may touch a global.
import { uuidText } from "@ferrule/core";

/** A timer's handle: a number in browsers, an object in Node. */
export type Timer = unknown;

/** The part of the WebSocket API that the client uses. */
export interface Socket {
  binaryType: string;
  send(data: Uint8Array<ArrayBuffer> | string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: "open" | "error", listener: () => void): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: "close", listener: (event: { readonly code: number; readonly reason: string }) => void): void;
}

/** The part of localStorage that the outbox uses. */
export interface KeyValueStore {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** Everything that differs between browsers, Node and tests. Leave out what the default does well. */
export interface Platform {
  readonly WebSocket: new (url: string, protocols: string[]) => Socket;
  fetch(url: string, init: RequestInit): Promise<Response>;
  /** Milliseconds since 1970. */
  now(): number;
  /** 0 ≤ x < 1, for jitter only. */
  random(): number;
  /** A random UUID (v4), for message ids. */
  uuid(): string;
  setTimeout(f: () => void, ms: number): Timer;
  clearTimeout(timer: Timer): void;
  /** Calls `f` whenever the network comes back; returns how to stop that. */
  onOnline(f: () => void): () => void;
  /** localStorage, or undefined where there is none. */
  readonly storage: KeyValueStore | undefined;
}

/** This runtime's own platform, with the given parts replaced. Throws when there is no WebSocket. */
export function platformWith(parts: Partial<Platform> = {}): Platform {
  const WebSocket = parts.WebSocket ?? globalThis.WebSocket;
  if (WebSocket === undefined) {
    throw new TypeError("This runtime has no WebSocket: use Node 22 or newer, or hand one in as `platform.WebSocket`.");
  }
  return {
    fetch: (url, init) => globalThis.fetch(url, init),
    now: () => Date.now(),
    random: () => Math.random(),
    uuid,
    setTimeout: (f, ms) => globalThis.setTimeout(f, ms),
    clearTimeout: (timer) => globalThis.clearTimeout(timer as number),
    onOnline,
    storage: localStorage(),
    ...parts,
    WebSocket,
  };
}

/** Not `crypto.randomUUID`: pages served over plain HTTP from another machine do not have it. */
function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return uuidText(bytes);
}

/** Browsers tell; other runtimes have no such event. */
function onOnline(f: () => void): () => void {
  const world = globalThis as Partial<Pick<EventTarget, "addEventListener" | "removeEventListener">>;
  world.addEventListener?.("online", f);
  return () => world.removeEventListener?.("online", f);
}

/** Browsers tell a tab what the others write; other runtimes have no such event. `f` is given the key, null for all. */
export function onStorage(f: (key: string | null) => void): () => void {
  const world = globalThis as Partial<Pick<EventTarget, "addEventListener" | "removeEventListener">>;
  const listener = (event: Event) => f((event as Event & { readonly key: string | null }).key);
  world.addEventListener?.("storage", listener);
  return () => world.removeEventListener?.("storage", listener);
}

/** Only a browser's: Node has one too, but it warns and keeps nothing unless told where. Reading it may be forbidden. */
function localStorage(): KeyValueStore | undefined {
  try {
    return "document" in globalThis ? (globalThis as { localStorage?: KeyValueStore }).localStorage : undefined;
  } catch {
    return undefined;
  }
}
