// axe-core in the page under test, past its content security policy.
import axe from "axe-core";
import type { Page } from "playwright-core";

/** What the page tests look for; the rest of axe's findings are advice. */
const GRAVE = ["serious", "critical"];

/** Serious and critical violations, one line each: rule, what it is about, where. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  // Colours on their way from one to another are nobody's colours.
  await page.evaluate(async () => {
    const ending = document.getAnimations().filter((one) => one.effect?.getComputedTiming().endTime !== Infinity);
    await Promise.all(ending.map((one) => one.finished.catch(() => undefined)));
  });
  const found = await page.evaluate<axe.AxeResults>("axe.run(document)");
  return found.violations
    .filter(({ impact }) => GRAVE.includes(impact ?? ""))
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html).join(" ")}`);
}
