// Spelling of bytes, and comparisons of secrets.
import { describe, expect, it } from "vitest";
import { fromBase64url, randomBytes, randomLetters, toBase64url } from "./ids";
import { deriveKey, sameSecret, sign, verify } from "./secrets";

describe("base64url", () => {
  it("comes back as it went, without padding", () => {
    for (let length = 0; length < 70; length++) {
      const bytes = randomBytes(length);
      const text = toBase64url(bytes);
      expect(text).toMatch(/^[\w-]*$/);
      expect(fromBase64url(text)).toEqual(bytes);
    }
  });

  it("has one spelling for each value", () => {
    // the last letter of two bytes holds two bits that mean nothing: "AAA" is one spelling, "AAB" would be another
    expect(fromBase64url("AAA")).toEqual(new Uint8Array(2));
    for (const text of ["AAB", "AA=", "AA A", "A", "AA+/", "é"]) expect(fromBase64url(text)).toBeNull();
  });
});

describe("randomLetters", () => {
  it("gives as many as asked for", () => {
    expect(randomLetters(400)).toMatch(/^[a-z]{400}$/);
    expect(new Set(randomLetters(2000)).size).toBe(26);
  });
});

describe("secrets", () => {
  it("are equal only when they are, and never to nothing", async () => {
    expect(await sameSecret("abc", "abc")).toBe(true);
    for (const [given, expected] of [
      ["abc", "abd"],
      ["abc", "ab"],
      ["", ""],
      ["", undefined],
      ["undefined", undefined],
    ] as const)
      expect(await sameSecret(given, expected)).toBe(false);
  });

  it("give keys that differ by label", async () => {
    const [one, two] = [await deriveKey("secret", "one"), await deriveKey("secret", "two")];
    const signature = new Uint8Array(await sign(one, "text"));
    expect(await verify(one, signature, "text")).toBe(true);
    expect(await verify(two, signature, "text")).toBe(false);
    expect(await verify(one, signature, "texT")).toBe(false);
  });
});
