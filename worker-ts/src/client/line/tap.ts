// Shows an inspector every binary message, in copies: whatever it does with them, the client goes on as without it.
import { RoomError } from "../room-error";

/** A binary message as it went up or came down; `at` in ms of the platform's clock. */
export interface TappedFrame {
  readonly side: "up" | "down";
  readonly bytes: Uint8Array;
  readonly at: number;
}

/** Called with each message; nothing is copied while there is no tap. */
export type Tap = (side: TappedFrame["side"], bytes: Uint8Array) => void;

/** A tap whose failures are reported, once. */
export function tapOf(
  listener: ((frame: TappedFrame) => void) | undefined,
  ports: { now(): number; report(error: RoomError): void },
): Tap | undefined {
  if (listener === undefined) return undefined;
  let failed = false;
  const fail = (cause: unknown) => {
    if (!failed) ports.report(new RoomError("tap_failed", `the tap failed: ${cause}`, { cause }));
    failed = true;
  };
  return (side, bytes) => {
    try {
      const result: unknown = listener({ side, bytes: bytes.slice(), at: ports.now() });
      if (result instanceof Promise) result.catch(fail);
    } catch (cause) {
      fail(cause);
    }
  };
}
