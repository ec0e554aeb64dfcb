// The same form to both languages: the answers are the same bytes. First the vectors, then forms made by chance from a seed: of
// urlencoded text with odd escapes and bytes, of multipart bodies as a browser would write them, and of such bodies damaged.
import { beforeAll, describe, expect, it, vi } from "vitest";
import { bodyOf, FORM_VECTORS, post } from "../../tests/worker/pages";
import { dice } from "../../tests/worker/support/random";

const URLENCODED = "application/x-www-form-urlencoded";

/** What must be equal. */
async function answer(path: string, type: string, body: Uint8Array<ArrayBuffer>, length?: boolean) {
  const { status, headers, text } = await post(path, type, body, length);
  const named = ["content-type", "content-security-policy", "cache-control", "x-content-type-options"] as const;
  return { status, ...Object.fromEntries(named.map((name) => [name, headers.get(name)])), text };
}

/** Sends it to both; answers the status, for the count of what was tried. */
async function same(type: string, body: Uint8Array<ArrayBuffer>, length?: boolean): Promise<number> {
  const [ours, python] = [await answer("/form", type, body, length), await answer("/py/form", type, body, length)];
  expect(python, `${type}\n${JSON.stringify(new TextDecoder("latin1").decode(body))}`).toEqual(ours);
  return ours.status;
}

/** Bytes 0 to 255 as characters, so that a body can be put together as text. */
const bytesOf = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const utf8 = (text: string) => String.fromCharCode(...new TextEncoder().encode(text));

/** What forms are made of: nothing special, everything that means something to a parser, and what is no text. */
const ATOMS = [
  ...["a", "name", "message", "0", " ", "+", "'", '"', "<b>", "\\", ":", ";", ",", "/", "?", "#", "[]"],
  ...["=", "=", "&", "&", "%", "%4", "%zz", "%41", "%00", "%26", "%3D", "%0D%0A", "%2B", "%e2%82%ac", "%E2%82", "%ff"],
  ...["\r\n", "\n", "\r", "\0", "\t", "\x0b", "\x7f", "--", "--B", "\r\n--B", "\r\n--B--", "\r\n\r\n"],
  ...["é", "€", "👩‍🚀", "\ufeff", "\u0085", "\u2028", "\ufffd", "İ", "ſ"].map(utf8),
  ...["\xff", "\xc3", "\xa9", "\xed\xa0\x80", "\xc0\x80", "\xf4\x90\x80\x80"],
];

type Roll = (below: number) => number;
const pick = <T>(roll: Roll, from: readonly T[]): T => from[roll(from.length)]!;
const some = (roll: Roll, atMost: number, make: () => string) =>
  Array.from({ length: roll(atMost + 1) }, make).join("");

/** Atoms that every strict parser takes; half of the forms are made of these, so that not all are refused. */
const PLAIN = ATOMS.filter((atom) => /^[\w +'"<>\\:;,/?#[\]]*$/.test(atom) || /^%[\dA-F]{2}$/.test(atom));

function urlencoded(roll: Roll): string {
  const atoms = roll(2) === 0 ? ATOMS : [...PLAIN, "=", "&", "name=", "&message=", "%e2%82%ac", utf8("€")];
  return some(roll, 14, () => pick(roll, atoms));
}

function multipart(roll: Roll): { readonly type: string; readonly body: string } {
  const boundary = pick(roll, ["B", "B", "----WebKitFormBoundary7MA4YWxkTrZu0gW", "'()+_,-./:=?", "b".repeat(70)]);
  const text = () => some(roll, 4, () => pick(roll, [...ATOMS, ...["\r\n", "é", "€"].map(utf8)]));
  const parts = some(roll, roll(12) === 0 ? 14 : 4, () => {
    const name = pick(roll, ["name", "message", "name", "message", "", utf8("é"), "a b", "%22", "na;me", "x=y", "'"]);
    const file = pick(roll, ["", "", "", "", "", '; filename=""', '; filename="a.txt"', '; filename="a\\"', "; x=y"]);
    const more = pick(roll, ["", "", "\r\nContent-Type: text/plain", "\r\nContent-Type: text/plain; charset=utf-16"]);
    const odd = pick(roll, ["", "", "", "\r\nX-Y: z", "\r\nContent-Transfer-Encoding: base64", "\r\nX-Y:", "\r\n: z"]);
    const value = roll(3) === 0 ? text() : some(roll, 3, () => pick(roll, PLAIN));
    return `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file}${more}${odd}\r\n\r\n${value}\r\n`;
  });
  const plain = `multipart/form-data; boundary=${boundary}`;
  const quoted = `multipart/form-data; boundary="${boundary}"`;
  const types = [plain, quoted, quoted, `${quoted}; charset=utf-16`, plain.replace("b", "B"), `${plain}; boundary=C`];
  return { type: pick(roll, types), body: `${parts}--${boundary}--${pick(roll, ["\r\n", ""])}` };
}

/** One to three bytes lost, doubled, put in or changed. */
function damaged(roll: Roll, body: string): string {
  let text = body;
  for (let left = 1 + roll(3); left > 0; left--) {
    const at = roll(text.length + 1);
    const to = at + roll(3);
    text = text.slice(0, at) + pick(roll, ["", text.slice(at, to).repeat(2), pick(roll, ATOMS)]) + text.slice(to);
  }
  return text;
}

/** Runs the forms of these seeds; how many of each status there were. */
async function tried(seeds: number, form: (roll: Roll) => { readonly type: string; readonly body: string }) {
  const statuses: Record<number, number> = {};
  for (let seed = 1; seed <= seeds; seed++) {
    const { type, body } = form(dice(seed));
    const status = await same(type, bytesOf(body)).catch((error) => {
      throw new Error(`seed ${seed}: ${error.message}`, { cause: error });
    });
    statuses[status] = (statuses[status] ?? 0) + 1;
  }
  return statuses;
}

// thousands of log lines tell nobody anything
beforeAll(() => {
  vi.spyOn(console, "log").mockImplementation(() => {});
});

describe("both languages answer the same bytes", { timeout: 120_000 }, () => {
  it("P03 to P17: to the vectors", async () => {
    for (const { type, body, length, status } of FORM_VECTORS)
      expect(await same(type, bodyOf(body), length)).toBe(status);
  });

  it("P03 to urlencoded forms made by chance", async () => {
    const statuses = await tried(1500, (roll) => ({ type: URLENCODED, body: urlencoded(roll) }));
    expect(statuses[200]).toBeGreaterThan(300);
    expect(statuses[400]).toBeGreaterThan(300);
  });

  it("P04 to multipart forms made by chance", async () => {
    const statuses = await tried(1500, multipart);
    expect(statuses[200]).toBeGreaterThan(300);
    expect(statuses[400]).toBeGreaterThan(300);
  });

  it("P17 to multipart forms that were damaged", async () => {
    const statuses = await tried(1500, (roll) => {
      const { type, body } = multipart(roll);
      return { type, body: damaged(roll, body) };
    });
    expect(statuses[200]).toBeGreaterThan(30);
    expect(statuses[400]).toBeGreaterThan(300);
  });
});
