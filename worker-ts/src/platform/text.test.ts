// Lines that people read, and names: what passes as it is, what is put right, and what is refused.
import { describe, expect, it } from "vitest";
import { displayName, MARKS_MAX, plainLine } from "./text";

const codePoint = (code: number) => String.fromCodePoint(code);

describe("plainLine", () => {
  it("leaves alone what people write", () => {
    const lines = [
      ...[
        "Ann",
        "Zoë O’Neill-Šmíd",
        "Nguyễn Văn Đạt",
        "日本語 IT部",
        "김민준",
        "محمد علی",
        "می‌خواهم",
        "שָׁלוֹם",
        "नमस्ते",
        "क्‍ष",
        "สวัสดี",
        "தமிழ்",
      ],
      ...[
        "👩‍👩‍👧 family",
        "❤️",
        "🏳️‍🌈",
        "👍🏽",
        "🇨🇭",
        "1️⃣ one",
        "a.b, c! (d) #1",
        "C++ & µ-services",
        "<script>",
        "",
        "ﷺ",
        "ⓐ ½ ™",
      ],
    ];
    for (const line of lines) expect([line, plainLine(line).text]).toEqual([line, line.normalize("NFC")]);
  });

  it("makes blanks one, and puts marks and letters together", () => {
    expect(plainLine("  a \u00a0\u3000 b  ").text).toBe("a b");
    expect(plainLine("e\u0301").text).toBe("\u00e9");
  });

  it("refuses every character that is not seen, that reorders others, or that is none", () => {
    const ranges = [
      ...[
        [0x00, 0x1f],
        [0x7f, 0x9f],
        [0xad, 0xad],
        [0x34f, 0x34f],
        [0x61c, 0x61c],
        [0x115f, 0x1160],
        [0x17b4, 0x17b5],
      ],
      ...[
        [0x180b, 0x180f],
        [0x200b, 0x200f],
        [0x2028, 0x202e],
        [0x2060, 0x206f],
        [0x2800, 0x2800],
        [0x3164, 0x3164],
      ],
      ...[
        [0xd800, 0xd801],
        [0xdfff, 0xdfff],
        [0xe000, 0xe001],
        [0xfe00, 0xfe0f],
        [0xfeff, 0xfeff],
        [0xffa0, 0xffa0],
      ],
      ...[
        [0xfff9, 0xfffb],
        [0xffff, 0xffff],
        [0x1d173, 0x1d17a],
        [0xe0000, 0xe007f],
        [0xe0100, 0xe01ef],
        [0x10ffff, 0x10ffff],
      ],
    ] as const;
    for (const [first, last] of ranges)
      for (let code = first; code <= last; code++) {
        const line = `ab${codePoint(code)}cd`;
        expect([code.toString(16), plainLine(line).refused]).toEqual([code.toString(16), expect.any(String)]);
      }
  });

  it("refuses joiners and selectors where they join nothing", () => {
    for (const line of [
      "a\u200db",
      "a\u200cb",
      "ab\ufe0f",
      "👩\u200d",
      "\u200d👩",
      "محمد\u200c",
      "ab\u200d👩",
      "क\u200cष",
    ])
      expect([line, plainLine(line).refused]).toEqual([line, expect.any(String)]);
  });

  it("refuses floods of marks, and lines with nothing to be seen", () => {
    const pile = (count: number) => `x${"\u0315".repeat(count)}y`;
    expect(plainLine(pile(MARKS_MAX)).text).toBe(pile(MARKS_MAX));
    expect(plainLine(pile(MARKS_MAX + 1)).refused).toContain(String(MARKS_MAX));
    for (const line of ["\u0301", "\u0301a", "\u20dd"])
      expect([line, plainLine(line).refused]).toEqual([line, expect.any(String)]);
  });
});

describe("displayName", () => {
  it("takes names of every script, and of several where each word has its own", () => {
    for (const name of [
      "Ann",
      "Иван Smith",
      "Ann Иванова",
      "Αλέξης",
      "李小龙",
      "アンAnn",
      "김A",
      "Ann (Αθήνα)",
      "user_42",
      "🙂",
      "O'Neil",
      "д'Артаньян",
      "Ann2",
    ])
      expect([name, displayName(name).text]).toEqual([name, name]);
  });

  it("refuses a word that is not what it looks like", () => {
    for (const name of [
      "\u0410nn",
      "Ann\u0430",
      "p\u0430ypal",
      "\u039fwner",
      "A\u0578n",
      "Ann \u0421ole",
      "\u13aann",
      "\u04cfohn",
      "А\u0301nn",
    ])
      expect([name, displayName(name).refused]).toEqual([name, "letters of several scripts may not stand in one word"]);
  });

  it("writes letters in another dress plainly", () => {
    for (const name of ["𝐀𝐧𝐧", "Ａｎｎ", "𝒜𝓃𝓃", "Ⓐⓝⓝ"]) expect([name, displayName(name).text]).toEqual([name, "Ann"]);
    expect(displayName("Ａ\u0430").refused).toBeDefined();
  });

  it("refuses no name, and those that the house gives itself", () => {
    for (const name of ["", "  ", "\u3000", "Deleted user", "deleted \u00a0USER", "\uff33ystem"])
      expect([name, displayName(name).refused]).toEqual([name, expect.any(String)]);
  });
});
