// A part of the run's page that cannot be drawn: a sentence stands in its place, and its neighbour is drawn.
import { h, render } from "preact";
import { expect, it, onTestFinished, vi } from "vitest";
import { FakeNode } from "../test/fake-document";
import { Part } from "./part";
import { HooksPanel } from "./run/hooks-panel";
import { Attributes } from "./run/result-panel";

it("a hook whose token has no address takes its own part", async () => {
  onTestFinished(() => void vi.unstubAllGlobals());
  const reported = vi.fn();
  vi.stubGlobal("document", FakeNode);
  vi.stubGlobal("location", { origin: "https://chat.example" });
  vi.stubGlobal("reportError", reported);
  const hooks = [{ token: "half \ud83d", webhook: true, resumed: 0 }];
  const run = { attributes: { room: "lobby" } } as unknown as Parameters<typeof Attributes>[0]["run"];
  const box = new FakeNode("main");
  const parts = [
    h(Part, { of: hooks, name: "What it waits for", children: h(HooksPanel, { hooks }) }),
    h(Part, { of: run, name: "What is attached to it", children: h(Attributes, { run }) }),
  ];
  render(parts, box as unknown as Element);
  await new Promise((done) => setTimeout(done, 5));
  expect(box.childNodes.map(({ textContent }) => textContent)).toEqual([
    "What it waits for cannot be shown.",
    "Attributesroomlobby",
  ]);
  expect(reported).toHaveBeenCalledOnce();
});
