// The API page in Chromium: readable in both colours, wide and narrow, by keyboard, and nothing of it runs.
import { afterAll, beforeAll, expect } from "vitest";
import { browserTest } from "../../harness/chromium";
import { type Server, startServer } from "../../harness/server/server";
import { violations } from "../support/axe";
import { tabTo } from "../support/keyboard";
import { Visitor } from "../support/visitor";

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.[Symbol.asyncDispose]());

browserTest(
  "/docs/api: reached from /pages, read and followed by keyboard, in both colours and at 320 px",
  async (browser) => {
    const visitor = await Visitor.open(browser, `${server.url}/pages`, { viewport: { width: 1100, height: 720 } });
    const { page } = visitor;
    await tabTo(visitor, /^API$/);
    await page.keyboard.press("Enter");
    await page.waitForURL(`${server.url}/docs/api`);
    expect(await page.title()).toBe("API - Ferrule");
    expect(await page.locator("script, img, iframe").count()).toBe(0);

    await tabTo(visitor, /^GET \/api\/rooms$/);
    await page.keyboard.press("Enter");
    await page.waitForURL(`${server.url}/docs/api#getRooms`);
    const shown = page.getByRole("region", { name: "GET /api/rooms", exact: true });
    expect(await shown.evaluate((section) => section.getBoundingClientRect().top < innerHeight)).toBe(true);
    expect(await shown.getByText("For everybody").count()).toBe(1);

    for (const width of [1100, 320]) {
      await page.setViewportSize({ width, height: 720 });
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        expect(await violations(page), `${width} px, ${colorScheme}`).toEqual([]);
      }
      const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(beyond, `${width} px: nothing reaches out sideways`).toBeLessThanOrEqual(0);
    }
    expect(visitor.complaints).toEqual([]);
  },
);
