// Ocap URLs: one spelling, nothing else is one, and a log never holds one.
import fc from "fast-check";
import { expect, test } from "vitest";
import { formatOcapUrl, parseOcapUrl, withoutTokens } from "../ocap-url";

const token = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString("base64url"));
const kernel = fc.stringMatching(/^[a-z0-9-]{1,63}$/);

test("K51 ocap URLs are read as they are written", () =>
  fc.assert(
    fc.property(token, kernel, (token, kernel) => {
      expect(parseOcapUrl(formatOcapUrl({ token, kernel }))).toEqual({ token, kernel });
    }),
    { numRuns: 2_000 },
  ));

test("K51 whatever is read as one is written the same again", () =>
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map((text) => `ocap:${text}`),
        fc
          .tuple(
            fc.string({ minLength: 40, maxLength: 45, unit: fc.constantFrom(..."AEwx0_-=+/") }),
            fc.string({ maxLength: 4 }),
          )
          .map(([a, b]) => `ocap:${a}@${b}`),
      ),
      (text) => {
        const url = parseOcapUrl(text);
        expect(url === null || formatOcapUrl(url) === text).toBe(true);
      },
    ),
    { numRuns: 5_000 },
  ));

test("K51 one letter more, less or other, and it is none", () =>
  fc.assert(
    fc.property(
      token,
      kernel,
      fc.nat(),
      fc.constantFrom("=", "%", " ", "@", "\n", "é", "\ud800", "/"),
      (token, kernel, at, strange) => {
        const url = formatOcapUrl({ token, kernel });
        const place = at % url.length;
        const other = url.slice(0, place) + strange + url.slice(place + 1);
        const longer = url.slice(0, place) + strange + url.slice(place);
        for (const text of [other, longer]) if (text !== url) expect(parseOcapUrl(text)).toBeNull();
        const inToken = 5 + (at % 43);
        expect(parseOcapUrl(url.slice(0, inToken) + url.slice(inToken + 1))).toBeNull();
      },
    ),
    { numRuns: 2_000 },
  ));

test("K51 bits that no token has make a URL none: there is one spelling", () => {
  const url = (last: string) => `ocap:${"A".repeat(42)}${last}@demo`;
  expect(parseOcapUrl(url("A"))).not.toBeNull();
  expect(parseOcapUrl(url("B"))).toBeNull();
});

test("K51 no token stays in a text for the log, wherever it stands", () =>
  fc.assert(
    fc.property(fc.string(), token, kernel, fc.string(), (before, token, kernel, after) => {
      const text = withoutTokens(`${before}${formatOcapUrl({ token, kernel })}${after}`);
      expect(text).not.toContain(token);
      expect(text).toContain(`@${kernel}`);
    }),
    { numRuns: 2_000 },
  ));
