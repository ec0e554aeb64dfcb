// What every peer of the kernel's benchmark is: something that is started, sent messages, and stopped.

export interface Peer {
  start(): Promise<void>;
  /** Sends `count` messages, `concurrency` of them at a time; how many ms until the last one was answered. */
  send(count: number, concurrency: number): Promise<number>;
  stop(): Promise<void>;
}
