// The table of refusals: against the wire's numbers, and the envelope it makes.
import { ERROR_CODE } from "@ferrule/core";
import { describe, expect, it } from "vitest";
import { ApiError, asApiError, ERRORS, type ErrorCode, errorResponse } from "./errors";

describe("errors", () => {
  it("give every code a number of the wire and a status that refuses", () => {
    const numbers = new Set<number>(Object.values(ERROR_CODE));
    for (const { status, wire } of Object.values(ERRORS)) {
      expect(numbers).toContain(wire);
      expect(status).toBeGreaterThanOrEqual(400);
    }
  });

  it("name the wire's code of the same name", () => {
    const same: [ErrorCode, number][] = [
      ["unauthenticated", ERROR_CODE.UNAUTHENTICATED],
      ["forbidden", ERROR_CODE.FORBIDDEN],
      ["not_found", ERROR_CODE.NOT_FOUND],
      ["conflict", ERROR_CODE.CONFLICT],
      ["rate_limited", ERROR_CODE.RATE_LIMITED],
      ["too_large", ERROR_CODE.TOO_LARGE],
      ["room_full", ERROR_CODE.ROOM_FULL],
      ["internal", ERROR_CODE.INTERNAL],
    ];
    for (const [code, number] of same) expect([code, ERRORS[code].wire]).toEqual([code, number]);
  });

  it("put exactly the known parts into the envelope", async () => {
    const answer = errorResponse(
      new ApiError("rate_limited", "slow down", { retryAfterMs: 1200, field: "text" }),
      "r1",
    );
    expect(answer.status).toBe(429);
    expect(answer.headers.get("retry-after")).toBe("2");
    expect(await answer.json()).toEqual({
      error: { code: "rate_limited", message: "slow down", retryAfterMs: 1200, field: "text", requestId: "r1" },
    });
    const bare = errorResponse(new ApiError("not_found", "gone"), "r2");
    expect(await bare.json()).toEqual({ error: { code: "not_found", message: "gone", requestId: "r2" } });
    expect(bare.headers.has("retry-after")).toBe(false);
  });

  it("keep what was thrown for the log only", async () => {
    const error = asApiError(new Error("password=hunter2"));
    expect(error.code).toBe("internal");
    expect(await errorResponse(error, "r").text()).not.toContain("hunter2");
  });
});
