// The frame inspector in Chromium: what goes over the line is listed, a frame opens by keyboard, field by field, and nothing is kept
// while it is closed.
import { afterAll, beforeAll, expect } from "vitest";
import { browserTest } from "../../harness/chromium";
import { type Server, startServer } from "../../harness/server/server";
import { violations } from "../support/axe";
import { Visitor } from "../support/visitor";

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.[Symbol.asyncDispose]());

browserTest("a message is seen going up and coming down, and each of its fields is named", async (browser) => {
  const ada = await Visitor.guest(browser, server.url);
  const { page } = ada;
  const button = (name: string | RegExp) => page.getByRole("button", { name });
  const rows = page.locator(".frame-row");
  await ada.say("before anybody looks");
  await ada.sees(["before anybody looks"]);
  await button("Frame inspector").click();
  await page.getByRole("complementary", { name: "Frames" }).waitFor();
  expect(await rows.filter({ hasText: "before anybody looks" }).count()).toBe(0);

  await ada.say("hello inspector");
  const up = rows.filter({ hasText: "MSG up" });
  await up.filter({ hasText: '"hello inspector"' }).waitFor();
  await rows.filter({ hasText: /down/ }).filter({ hasText: /MSG/ }).first().waitFor();

  // By keyboard: focus the row, Enter opens it.
  await up.first().focus();
  await page.keyboard.press("Enter");
  const fields = page.getByRole("table", { name: /^Fields of frame/ });
  await fields.waitFor();
  const names = await fields.getByRole("rowheader").allTextContents();
  expect(names.map((name) => name.trim())).toEqual([
    "magic",
    "version",
    "kind",
    "flags",
    "seq",
    "ts",
    "idLen",
    "id",
    "sender",
    "bodyLen",
    "body › replyTo",
    "body › text",
    "crc",
  ]);
  await expect
    .poll(() => fields.getByRole("row").filter({ hasText: "body › text" }).textContent())
    .toContain("hello inspector");
  await fields.getByRole("row").filter({ hasText: "body › text" }).hover();
  expect(await page.locator(".frame-bytes .lit").textContent()).toBe(
    [15, ...new TextEncoder().encode("hello inspector")].map((byte) => byte.toString(16).padStart(2, "0")).join(" "),
  );

  // A long text travels compressed; the block's fields stand below.
  await ada.say("ferrule ".repeat(60).trim());
  const packed = rows.filter({ hasText: "MSG up" }).filter({ hasText: "ferrule" });
  await packed.filter({ hasText: /LZ4 \d+ %/ }).waitFor();
  await packed.first().click();
  await page.getByRole("table", { name: "Fields of the decompressed body" }).waitFor();

  await page.getByRole("searchbox", { name: "Filter frames" }).fill("ack");
  await expect.poll(() => rows.count()).toBeGreaterThan(0);
  expect(new Set(await rows.locator("strong").allTextContents())).not.toContain("MSG");
  await page.getByRole("searchbox", { name: "Filter frames" }).fill("");

  expect(await violations(page)).toEqual([]);
  await button("Pause").click();
  const count = await rows.count();
  await ada.say("while it pauses");
  await ada.reads("while it pauses");
  expect(await rows.count()).toBe(count);
  await button("Clear").click();
  await expect.poll(() => rows.count()).toBe(0);

  await page.setViewportSize({ width: 320, height: 640 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
  await button("Close the frame inspector").click();
  await expect.poll(() => page.getByRole("complementary", { name: "Frames" }).count()).toBe(0);
  expect(ada.complaints).toEqual([]);
});
