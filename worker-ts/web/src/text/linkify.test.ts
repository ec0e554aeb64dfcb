// What becomes a link, and that no character is lost.
import { expect, it } from "vitest";
import { linkify } from "./linkify";

const links = (text: string) =>
  linkify(text)
    .filter((part) => part.href !== undefined)
    .map((part) => part.text);

it("leaves text without an address alone", () => {
  expect(linkify("no links here, not even example.org")).toEqual([{ text: "no links here, not even example.org" }]);
  expect(linkify("")).toEqual([]);
});

it("cuts the sentence's punctuation off, and keeps brackets that belong to the address", () => {
  expect(links("See https://example.org/a, or (https://example.org/b).")).toEqual([
    "https://example.org/a",
    "https://example.org/b",
  ]);
  expect(links("https://en.wikipedia.org/wiki/Ferrule_(tool)")).toEqual([
    "https://en.wikipedia.org/wiki/Ferrule_(tool)",
  ]);
});

it("links nothing but http and https", () => {
  expect(links("javascript:alert(1) data:text/html,x ftp://example.org file:///etc")).toEqual([]);
  expect(links("javascript://https://example.org/%0aalert(1)")).toEqual(["https://example.org/%0aalert(1)"]);
});

it("links nothing that leads elsewhere than it reads", () => {
  expect(links("https://paypal.com@evil.example/ https://user:secret@example.org/")).toEqual([]);
  expect(links("https://example.org/\u202egnp.exe")).toEqual(["https://example.org/"]);
  expect(linkify("https://раура1.example/")[0]!.href).toBe("https://xn--1-7sba6dbr.example/");
});

it("gives back every character it was given", () => {
  for (const text of [
    "a https://x.y b",
    "https://",
    "https://x.y",
    " (https://x.y/ü?q=1#f)! ",
    "http://[::1 https://a",
  ]) {
    expect(
      linkify(text)
        .map((part) => part.text)
        .join(""),
    ).toBe(text);
  }
});

it("takes no longer for brackets by the thousand, which anybody may send", () => {
  const began = performance.now();
  const text = `https://example.org/${")".repeat(16_000)}`;
  expect(links(text)).toEqual(["https://example.org/"]);
  expect(links(`https://example.org/${"(".repeat(8_000)}${")".repeat(8_001)}`)[0]).toHaveLength(20 + 16_000);
  expect(performance.now() - began).toBeLessThan(500);
});
