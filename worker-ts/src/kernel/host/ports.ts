// What the host is handed from outside: clock, timers, randomness, a log. Types only; the real ones are made where workerd's are at hand.

/** Something that went wrong without anybody having asked for it; told in the log and by `getStatus`. */
export interface Incident {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly text: string;
}

/** The outside world of one host. */
export interface HostPorts {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Random text by which a batch is known again. */
  readonly nonce: () => string;
  /** 256 random bits, base64url: the secret part of an ocap URL. */
  readonly token: () => string;
  /** SHA-256 of the text's UTF-8, 64 digits of hex. */
  readonly digest: (text: string) => Promise<string>;
  /** Calls `then` after so many milliseconds; the answer cancels. */
  readonly later: (ms: number, then: () => void) => () => void;
  /** Every await of the host goes through here, so that a test may count them and end the host at any one. */
  readonly wait: <T>(step: () => T | PromiseLike<T>) => Promise<T>;
  /** The batch about to be written leaves work behind: should this process die, somebody is to open the kernel again. */
  readonly wake: () => void;
  readonly log: (text: string) => void;
}
