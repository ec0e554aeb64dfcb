// One broken thing of many: a sentence stands in its place, the others are drawn, and another one in its place is tried again.
import { type ComponentChildren, h, render } from "preact";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { FakeNode } from "../test/fake-document";
import { Boundary } from "./boundary";

const reported = vi.fn();
beforeEach(() => {
  vi.stubGlobal("document", FakeNode);
  vi.stubGlobal("reportError", reported.mockReset());
});
afterEach(() => vi.unstubAllGlobals());

/** A message that cannot be drawn when it says so. */
const Said = ({ text }: { readonly text: string }) => {
  if (text.startsWith("bad")) throw new RangeError(text);
  return h("p", {}, text);
};

async function draw(box: FakeNode, texts: readonly string[]): Promise<string[]> {
  const rows: ComponentChildren = texts.map((text, row) =>
    h(Boundary, { key: row, of: text, instead: h("p", {}, "It cannot be shown."), children: h(Said, { text }) }),
  );
  render(rows, box as unknown as Element);
  await new Promise((done) => setTimeout(done, 5));
  return box.childNodes.map(({ textContent }) => textContent);
}

it("one that breaks leaves the others where they are, and is told as a fault", async () => {
  const box = new FakeNode("main");
  expect(await draw(box, ["one", "bad", "three"])).toEqual(["one", "It cannot be shown.", "three"]);
  expect(reported.mock.calls.map(([error]) => error)).toEqual([new RangeError("bad")]);
});

it("one that broke is not tried again and again, another one in its place is", async () => {
  const box = new FakeNode("main");
  await draw(box, ["one", "two"]);
  expect(await draw(box, ["bad", "two"])).toEqual(["It cannot be shown.", "two"]);
  expect(await draw(box, ["bad", "two", "three"])).toEqual(["It cannot be shown.", "two", "three"]);
  expect(reported).toHaveBeenCalledTimes(1);
  expect(await draw(box, ["worse", "two"])).toEqual(["worse", "two"]);
  expect(await draw(box, ["bad again", "two"])).toEqual(["It cannot be shown.", "two"]);
  expect(reported).toHaveBeenCalledTimes(2);
});
