// "Try to break it" in Chromium, against a server that can really be killed: all four buttons, and nothing is lost. That the
// counters can go red is shown here by an archive with other words in it, and case by case in break/ledger.test.ts.
import { request } from "node:http";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { browserTest } from "../harness/chromium";
import { type Server, startServer } from "../harness/server/server";
import { violations } from "./support/axe";
import { Visitor } from "./support/visitor";

const HEALED_MS_MAX = 90_000;

let server: Server;
beforeAll(async () => {
  server = await startServer({ breakable: true });
});
afterAll(() => server?.[Symbol.asyncDispose]());

/** The four numbers as they stand on screen. */
async function counters(page: Page): Promise<Record<string, number>> {
  const names = await page.locator(".break-counter dt").allTextContents();
  const values = await page.locator(".break-number").allTextContents();
  return Object.fromEntries(names.map((name, at) => [name, Number(values[at])]));
}

async function open(visitor: Visitor): Promise<void> {
  await visitor.page.getByRole("button", { name: "Try to break it" }).click();
  await expect.poll(() => counters(visitor.page)).toMatchObject({ received: expect.toSatisfy((n) => n > 2) });
}

/** Presses a button and waits until what it broke has healed and was looked up; what was told of it. */
async function breakIt(page: Page, name: RegExp): Promise<string> {
  const button = page.getByRole("button", { name });
  await button.focus();
  await page.keyboard.press("Enter");
  await expect.poll(() => button.getAttribute("aria-busy")).toBe("true");
  await expect.poll(() => button.getAttribute("aria-busy"), { timeout: HEALED_MS_MAX, interval: 250 }).toBe("false");
  return (await page.locator(".break-story li span").first().textContent()) ?? "";
}

test("the ways to break it answer this machine's own page alone", async () => {
  const status = `${server.url}/api/local/status`;
  expect((await fetch(status)).status).toBe(200);
  expect((await fetch(status, { headers: { origin: server.url } })).status).toBe(200);
  // A browser's own header cannot be set by fetch, so it goes by hand; so does the name of somebody else's that leads here.
  const ask = (path: string, method: string, headers: Record<string, string>) =>
    new Promise((resolve, reject) => {
      request(`${server.url}${path}`, { method, headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      })
        .on("error", reject)
        .end();
    });
  for (const headers of [
    { origin: "https://elsewhere.example" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { host: "elsewhere.example" },
  ]) {
    expect(await ask("/api/local/status", "GET", headers)).toBe(403);
    for (const path of ["kill", "rooms/lobby/evict"])
      expect(await ask(`/api/local/${path}`, "POST", headers)).toBe(403);
  }
});

browserTest(
  "the line cut, the room evicted, the queue upset, the server killed: nothing lost, nothing doubled",
  async (browser) => {
    const ada = await Visitor.guest(browser, server.url);
    await open(ada);
    const { page } = ada;
    expect(await breakIt(page, /^Cut my line/)).toMatch(
      /^The line was cut for 10 s: \d+ messages waited.* Nothing lost/,
    );
    expect(await breakIt(page, /^Evict the room/)).toMatch(
      /^The room's memory was taken away.* both sockets stayed open .* Nothing lost/,
    );
    expect(await breakIt(page, /^Deliver the queue twice/)).toMatch(
      /^The queue delivered [1-9]\d* of its packets a second time .* all \d+ messages stand in the archive as they were written\. Nothing lost/,
    );
    expect(await breakIt(page, /^kill -9/)).toMatch(/^The server was killed with SIGKILL.* Nothing lost/);
    const found = await counters(page);
    expect(found).toMatchObject({ lost: 0, doubled: 0 });
    expect(found["acknowledged"]).toBeGreaterThan(30);
    expect(found["received"]).toBeGreaterThan(30);
    await ada.reads(/^Nothing lost, nothing doubled/);
    expect(await violations(page)).toEqual([]);
    await page.setViewportSize({ width: 320, height: 720 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
    // The page's own line was lost with the server, and came back as well.
    await page.getByRole("button", { name: "Close" }).click();
    await ada.say("still here");
    await ada.sees(["still here"]);
    expect(ada.complaints.filter((text) => !/Failed to load resource/.test(text))).toEqual([]);
  },
);

browserTest("an archive that holds other words than were written turns the counter red", async (browser) => {
  const ada = await Visitor.guest(browser, server.url);
  const { page } = ada;
  await page.route("**/api/local/rooms/*/archive?after=*", async (route) => {
    const response = await route.fetch();
    const { messages }: { messages: { text: string }[] } = await response.json();
    const forged = messages.map((message) =>
      message.text === "bench 2" ? { ...message, text: "bench two" } : message,
    );
    await route.fulfill({ response, json: { messages: forged } });
  });
  await open(ada);
  expect(await breakIt(page, /^Deliver the queue twice/)).toMatch(/ 1 lost, 0 doubled, of \d+\.$/);
  expect(await counters(page)).toMatchObject({ lost: 1, doubled: 0 });
  expect(await page.locator(".break-counter.bad dt").allTextContents()).toEqual(["lost"]);
  await ada.reads(/^1 message lost, 0 doubled\. This is a bug/);
});
