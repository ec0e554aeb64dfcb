// Sizes and names of files.
import { expect, it } from "vitest";
import { onlyNames, plainName, sizeLabel } from "./file";

it("tells a size in the largest unit that fits", () => {
  expect([0, 1, 1023, 1024, 1536, 10 * 1024 * 1024, 5 * 1024 ** 4].map(sizeLabel)).toEqual([
    "0 bytes",
    "1 byte",
    "1023 bytes",
    "1 kB",
    "1.5 kB",
    "10 MB",
    "5120 GB",
  ]);
});

it("shows a name that turns around, or hides something, as what it is", () => {
  expect(plainName("holiday\u202egnp.exe")).toBe("holiday\ufffdgnp.exe");
  expect(plainName("a\u0000b\nc\u200bd")).toBe("a\ufffdb\ufffdc\ufffdd");
  expect(plainName("Übung עברית 日本.pdf")).toBe("Übung עברית 日本.pdf");
});

it("knows the text that is nothing but the names", () => {
  const files = [{ name: "a, b.png" }, { name: "c.pdf" }];
  for (const text of ["a, b.png, c.pdf", "a, b.png\nc.pdf", "a, b.png c.pdf"])
    expect(onlyNames(text, files)).toBe(true);
  for (const text of ["", "a, b.png", "see a, b.png, c.pdf", "a, b.png, c.pdf!"])
    expect(onlyNames(text, files)).toBe(false);
  expect(onlyNames("", [])).toBe(false);
});
