// The table of refusals, and the envelope it makes.
import { describe, expect, it } from "vitest";
import { ApiError, asApiError, ERRORS, errorResponse } from "./errors";

describe("errors", () => {
  it("give every code a status that refuses", () => {
    for (const status of Object.values(ERRORS)) expect(status).toBeGreaterThanOrEqual(400);
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
