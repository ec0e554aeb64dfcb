// What becomes of a file's name, and of a name in a header; and the drawn initials.
import { describe, expect, it } from "vitest";
import { FILE_NAME_BYTES_MAX } from "./fact";
import { drawInitials, initialsOf } from "./initials";
import { cleanFileName, contentDisposition } from "./name";

const bytesOf = (text: string) => new TextEncoder().encode(text).length;

describe("cleanFileName", () => {
  it("leaves names alone that harm nobody", () => {
    for (const name of ["a.png", "Büro (2).tar.gz", "日本語.pdf", "👩‍👩‍👧.jpg", "क्‍ष.txt", "no ending", "x'y\"z;w=.txt"])
      expect(cleanFileName(name)).toBe(name.normalize("NFC"));
  });

  it("keeps the last part of a path, without what nobody sees", () => {
    const cleaned: Record<string, string> = {
      "../../etc/passwd": "passwd",
      "C:\\temp\\a.txt": "a.txt",
      "a/..": "file",
      "..": "file",
      "/": "file",
      "": "file",
      " . . ": "file",
      ".htaccess": "htaccess",
      "a.txt. . ": "a.txt",
      "a\0.txt": "a.txt",
      "a\r\nb.txt": "ab.txt",
      "a\tb": "ab",
      "\u202egnp.exe": "gnp.exe",
      "a\u2066\u2069\u200e\u200f\u061cb": "ab",
      "zero\u200bwidth\ufeff.png": "zerowidth.png",
      "line\u2028\u2029.png": "line.png",
      "private\ue000.png": "private.png",
      "half\ud83d.png": "half.png",
      "\u3164\u115f\u2800\u00ad.png": "png",
      "\u0301\u200d\ufe0f": "file",
      [`a${"\u0336".repeat(50)}.png`]: `a${"\u0336".repeat(4)}.png`,
      "❤️.png": "❤️.png",
      "many    blanks.png": "many blanks.png",
      "e\u0301.png": "\u00e9.png",
    };
    for (const [sent, name] of Object.entries(cleaned)) expect([sent, cleanFileName(sent)]).toEqual([sent, name]);
  });

  it("cuts at FILE_NAME_BYTES_MAX, between characters, before the ending", () => {
    expect(cleanFileName(`${"x".repeat(116)}.png`)).toBe(`${"x".repeat(116)}.png`);
    expect(cleanFileName(`${"x".repeat(117)}.png`)).toBe(`${"x".repeat(116)}.png`);
    expect(cleanFileName("x".repeat(1_000))).toBe("x".repeat(FILE_NAME_BYTES_MAX));
    expect(cleanFileName(`x.${"y".repeat(1_000)}`)).toBe(`x.${"y".repeat(FILE_NAME_BYTES_MAX - 2)}`);
    const families = cleanFileName(`${"👩‍👩‍👧".repeat(50)}.jpeg`);
    expect(families).toBe(`${"👩‍👩‍👧".repeat(6)}.jpeg`);
    expect(bytesOf(families)).toBeLessThanOrEqual(FILE_NAME_BYTES_MAX);
  });
});

describe("contentDisposition", () => {
  it("holds any name, and only as a name", () => {
    const names = ['"; x="', "a\r\nx: y", "a\\b", "100%.txt", "ü🙂.txt", "\ud800", "\0", "x".repeat(500), "('*')"];
    for (const name of names) {
      const header = contentDisposition("attachment", name);
      expect(header).toMatch(/^attachment; filename="[ !#$&-[\]-~]*"; filename\*=UTF-8''[\w.!~%-]*$/);
      const [, sent] = header.split("UTF-8''");
      expect(decodeURIComponent(sent!)).toBe(name.replaceAll(/\p{Cs}/gu, "_"));
      expect(new Headers({ "content-disposition": header }).get("content-disposition")).toBe(header);
    }
    expect(contentDisposition("inline", "a b.png")).toBe("inline; filename=\"a b.png\"; filename*=UTF-8''a%20b.png");
  });
});

describe("initials", () => {
  it("are the first letters of the first and the last word", () => {
    const shown: Record<string, string> = {
      "Ann Lee": "AL",
      "ann von lee": "AL",
      Bo: "B",
      "Guest-ABCD": "G",
      "🙂 Ann": "A",
      "李 小龙": "李小",
      "é è": "ÉÈ",
      ǆ: "Ǆ",
      "": "?",
      "🙂": "?",
      "<script>alert(1)</script>": "S",
    };
    for (const [name, initials] of Object.entries(shown)) expect([name, initialsOf(name)]).toEqual([name, initials]);
    expect(bytesOf(initialsOf(`a${"\u0301".repeat(90)}`))).toBeLessThanOrEqual(4);
  });

  it("are drawn in the colour of the user, without anything of the name that could act", () => {
    const svg = drawInitials("u1", "<b> &amp \"'");
    expect(svg).toBe(drawInitials("u1", "<b> &amp \"'"));
    expect(svg.replaceAll(/<\/?(?:svg|rect|text)[^<>]*>/g, "")).toMatch(/^\s*BA\s*$/);
    const colours = new Set(Array.from({ length: 200 }, (_, n) => /hsl\((\d+)/.exec(drawInitials(`u${n}`, "A"))?.[1]));
    expect(colours.size).toBeGreaterThan(20);
  });
});
