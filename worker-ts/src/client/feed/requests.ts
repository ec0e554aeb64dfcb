// Questions to the room and their answers, matched by id. Asked again on the next connection when one is lost.
import { encode, type Frame, type FrameInit, uuidBytes, uuidText } from "@ferrule/core";
import type { Lane } from "../line/lane";
import { holdUntil } from "../line/reconnect";
import type { RoomError } from "../room-error";

export interface RequestPorts {
  readonly lane: Lane;
  now(): number;
  uuid(): string;
  wake(): void;
}

/** Requests under way: HISTORY_REQ and PEOPLE_REQ. */
export class Requests {
  #waiting = new Map<string, { resolve(frame: Frame): void; reject(error: RoomError): void }>();
  readonly #ports: RequestPorts;

  constructor(ports: RequestPorts) {
    this.#ports = ports;
  }

  /** Rejects with RoomError when the room refuses, or at `end`. */
  ask(request: Extract<FrameInit, { kind: "HISTORY_REQ" | "PEOPLE_REQ" }>): Promise<Frame> {
    const { lane, uuid, wake } = this.#ports;
    const id = uuid();
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      lane.add(id, encode({ ...request, id: uuidBytes(id) }));
      wake();
    });
  }

  handleAnswer(frame: Frame): void {
    this.#forget(frame.id)?.resolve(frame);
  }

  /** ERROR with this id. False when it is none of ours. */
  handleRefused(id: Uint8Array, error: RoomError): boolean {
    const text = uuidText(id);
    if (!this.#waiting.has(text)) return false;
    const { lane, now } = this.#ports;
    if (error.code === "rate_limited") lane.handleRefused(text, holdUntil(now(), error.retryAfterMs));
    else this.#forget(id)?.reject(error);
    return true;
  }

  /** No answer will come any more. */
  end(error: RoomError): void {
    this.#ports.lane.clear();
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  #forget(id: Uint8Array | null) {
    const text = id === null ? "" : uuidText(id);
    const waiting = this.#waiting.get(text);
    this.#waiting.delete(text);
    this.#ports.lane.handleAnswered(text);
    return waiting;
  }
}
