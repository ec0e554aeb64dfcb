// The page by keyboard alone: what has the focus, and going on by Tab until something has it. Every stop is checked on the way.
import { expect } from "vitest";
import type { Visitor } from "./visitor";

/** No way through the page is longer. */
const STOPS_MAX = 60;

/** What has the focus: its accessible name, and whether one can see that it has it. */
export async function focused(visitor: Visitor): Promise<{ name: string; visible: boolean }> {
  const devtools = await visitor.context.newCDPSession(visitor.page);
  const { result } = await devtools.send("Runtime.evaluate", { expression: "document.activeElement" });
  const { nodes } = await devtools.send("Accessibility.getPartialAXTree", {
    objectId: result.objectId!,
    fetchRelatives: false,
  });
  const visible = await visitor.page.evaluate(() => {
    const element = document.activeElement!;
    const { top, left, width, height } = element.getBoundingClientRect();
    const inSight = width > 0 && height > 0 && top + height > 0 && left + width > 0 && top < innerHeight;
    // The composer's field shows its focus on the box around it.
    const marked = [element, element.parentElement!].some((one) => {
      const style = getComputedStyle(one);
      return (style.outlineStyle !== "none" && style.outlineWidth !== "0px") || style.boxShadow !== "none";
    });
    return inSight && marked;
  });
  await devtools.detach();
  return { name: String(nodes[0]?.name?.value ?? ""), visible };
}

/**
 * Presses Tab (or another key) until something of this name has the focus; every stop on the way must have a name, be in sight
 * and show its focus. Returns the names of the stops.
 */
export async function tabTo(visitor: Visitor, name: RegExp, key = "Tab"): Promise<string[]> {
  const stops: string[] = [];
  while (stops.length < STOPS_MAX) {
    await visitor.page.keyboard.press(key);
    const stop = await focused(visitor);
    expect(stop, `stop ${stops.length + 1} on the way to ${name}, after ${stops.at(-1)}`).toMatchObject({
      name: expect.stringMatching(/./),
      visible: true,
    });
    stops.push(stop.name);
    if (name.test(stop.name)) return stops;
  }
  throw new Error(`${key} does not reach ${name}, but ${stops.join(" · ")}`);
}
