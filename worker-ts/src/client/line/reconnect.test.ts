// The client's column of PROTOCOL.md section 12, and the waits.
import { ERROR_CODE } from "@ferrule/core";
import { expect, test } from "vitest";
import { RoomError } from "../room-error";
import { backoffMs, closeError, codeOf, holdUntil, remedyOf } from "./reconnect";

test("every close code has the remedy of PROTOCOL.md section 12", () => {
  const remedies = Object.fromEntries(Object.entries(ERROR_CODE).map(([name, code]) => [name, remedyOf(4000 + code)]));
  expect(remedies).toEqual({
    NONE: "back-off",
    BAD_FRAME: "once",
    BAD_CRC: "once",
    UNSUPPORTED: "stop",
    TOO_LARGE: "once",
    UNAUTHENTICATED: "stop",
    FORBIDDEN: "stop",
    RATE_LIMITED: "back-off",
    NOT_FOUND: "back-off",
    CONFLICT: "back-off",
    EXPIRED: "at-once",
    LAGGING: "at-once",
    ROOM_FULL: "back-off",
    INTERNAL: "back-off",
    BAD_STATE: "once",
    GONE: "stop",
    IDLE: "back-off",
    REPLACED: "stop",
  });
  for (const code of [1000, 1001, 1006, 1012, 4999]) expect(remedyOf(code)).toBe("back-off");
});

test("the first wait is up to 2 s, then it doubles from 1 s, and never passes 30 s", () => {
  const most = Array.from({ length: 9 }, (_, tries) => backoffMs(tries, 0.999_999));
  expect(most.map((ms) => ms + 1)).toEqual([2_000, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  expect(backoffMs(5, 0)).toBe(0);
  expect(backoffMs(5_000, 0.5)).toBe(15_000);
});

test("a close code becomes an error, with what the ERROR before it said", () => {
  expect(closeError(1006, "")).toMatchObject({ code: "network", fatal: false });
  expect(closeError(4015, "")).toMatchObject({ code: "gone", fatal: true });
  const told = new RoomError("rate_limited", "too many strikes", { retryAfterMs: 700 });
  expect(closeError(4007, "", told)).toMatchObject({ message: "too many strikes", retryAfterMs: 700 });
  expect(closeError(4011, "slow", told)).toMatchObject({ code: "lagging", message: "slow" });
  expect(codeOf(4711)).toBe("internal");
});

test("a wait is never cut short: not by clocks that round, and not by a refusal that names none", () => {
  expect(holdUntil(5_000, 200)).toBeGreaterThan(5_200);
  expect(holdUntil(5_000, undefined)).toBeGreaterThan(6_000);
});
