// The world as the client sees it: sockets, HTTP, clock, timers, chance. Nothing else in client/ may touch a global.

/** A timer's handle: a number in browsers, an object in Node. */
export type Timer = unknown;

/** The part of the WebSocket API that the client uses. */
export interface Socket {
  binaryType: string;
  readonly protocol: string;
  send(data: Uint8Array<ArrayBuffer> | string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: "open", listener: () => void): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: "close", listener: (event: { readonly code: number; readonly reason: string }) => void): void;
  addEventListener(type: "error", listener: () => void): void;
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
}
