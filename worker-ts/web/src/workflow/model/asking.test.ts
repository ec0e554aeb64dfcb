// Calls after the session has ended: told once each, and no other refusal is.
import { expect, it, vi } from "vitest";
import { ApiError, offline } from "../../api/call";
import { askingFor } from "./asking";

it("tells that nobody is signed in any more, and hands everything on", async () => {
  const onNobody = vi.fn();
  const ask = askingFor(onNobody);
  expect(await ask(Promise.resolve(7))).toBe(7);
  for (const error of [offline(), new ApiError(403, "forbidden", "no"), new Error("401")])
    await expect(ask(Promise.reject(error))).rejects.toBe(error);
  expect(onNobody).not.toHaveBeenCalled();
  const nobody = new ApiError(401, "unauthenticated", "sign in first");
  await expect(ask(Promise.reject(nobody))).rejects.toBe(nobody);
  expect(onNobody).toHaveBeenCalledOnce();
});
