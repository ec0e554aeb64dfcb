// Limits on signing in: per address, in D1, and off only when told so.
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { type CallOptions, call } from "../../../../tests/worker/support/http-client";

const on = { AUTH_RATE_LIMIT: "on" };
const guess = (ip: string, vars: CallOptions["vars"] = on) =>
  call("POST", "/api/auth/sign-in/admin", { body: { token: "guess" }, headers: { "cf-connecting-ip": ip }, vars });

describe("the rate limit", () => {
  it("stops guessing from one address, tells how long, and leaves other addresses alone", async () => {
    for (let i = 0; i < 5; i++) expect((await guess("203.0.113.1")).status).toBe(401);
    const { status, body, headers } = await guess("203.0.113.1");
    expect([status, body.error.code]).toEqual([429, "rate_limited"]);
    expect(body.error.retryAfterMs).toBeGreaterThan(0);
    expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await guess("203.0.113.2")).status).toBe(401);
    const { results } = await env.DB.prepare("SELECT key, count FROM rate_limit").all<{ key: string; count: number }>();
    expect(results.find(({ key }) => key.includes("203.0.113.1"))?.count).toBe(5);
  });

  it("counts by the address Cloudflare saw, not by one that the caller claims", async () => {
    const claim = (address: string) =>
      call("POST", "/api/auth/sign-in/admin", {
        body: { token: "guess" },
        headers: { "cf-connecting-ip": "203.0.113.9", "x-forwarded-for": address, "x-real-ip": address },
        vars: on,
      });
    for (let i = 0; i < 5; i++) await claim(`198.51.100.${i}`);
    expect((await claim("198.51.100.99")).status).toBe(429);
  });

  it("is on when nothing is said, and off for tests", async () => {
    for (let i = 0; i < 5; i++) await guess("203.0.113.3", { AUTH_RATE_LIMIT: undefined });
    expect((await guess("203.0.113.3", { AUTH_RATE_LIMIT: undefined })).status).toBe(429);
    expect((await guess("203.0.113.3", { AUTH_RATE_LIMIT: "off" })).status).toBe(401);
  });
});
