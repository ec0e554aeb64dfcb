// Two people talk in Chromium, through the running Worker: live, offline, over a reload. Nothing is lost, nothing doubled.
import { afterAll, beforeAll, expect } from "vitest";
import { browserTest } from "../harness/chromium";
import { type Server, startServer } from "../harness/server/server";
import { Visitor } from "./support/visitor";

let server: Server;
beforeAll(async () => {
  server = await startServer({ vars: { RATE_WRITE: "500/1000" } });
});
afterAll(() => server?.[Symbol.asyncDispose]());

/** A room of this test alone; the first of `visitors` makes it. */
async function ownRoom(maker: Visitor): Promise<string> {
  const { page } = maker;
  await page.getByRole("button", { name: "New room" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill("Two of us");
  await page.getByRole("button", { name: "Create room" }).click();
  await page.getByRole("heading", { name: "Two of us" }).waitFor();
  await maker.entered();
  return page.url();
}

const numbered = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, at) => `message ${from + at}`);

browserTest("R61: guest in one click, two browsers talk", async (browser) => {
  const ada = await Visitor.guest(browser, server.url);
  const bob = await Visitor.guest(browser, server.url);
  expect(new URL(ada.page.url()).pathname).toBe("/rooms/lobby");

  await ada.say("Hello from Ada");
  await bob.sees(["Hello from Ada"]);
  await bob.say("Hello from Bob");
  await ada.sees(["Hello from Ada", "Hello from Bob"]);
  await bob.sees(["Hello from Ada", "Hello from Bob"]);

  const names = await ada.page.locator("article .author").allTextContents();
  expect(names).toEqual([expect.stringMatching(/^Guest-/), expect.stringMatching(/^Guest-/)]);
  expect(new Set(names).size).toBe(2);
  expect([...ada.complaints, ...bob.complaints]).toEqual([]);
});

browserTest("R61: one goes offline, 50 messages are sent, it shows all 50 once, in order", async (browser) => {
  const ada = await Visitor.guest(browser, server.url);
  const bob = await Visitor.guest(browser, await ownRoom(ada));
  await bob.say("before");
  await ada.sees(["before"]);

  await ada.goOffline();
  for (const text of numbered(1, 50)) await bob.say(text);
  await bob.sees(["before", ...numbered(1, 50)]);
  expect(await ada.texts()).toEqual(["before"]);

  await ada.goOnline();
  await ada.reads("Back online");
  await ada.sees(["before", ...numbered(1, 50)]);
  expect([...ada.complaints, ...bob.complaints]).toEqual([]);
});

browserTest("R62: offline, write 3, reload, online: all three arrive once", async (browser) => {
  const ada = await Visitor.guest(browser, server.url);
  const bob = await Visitor.guest(browser, await ownRoom(ada));
  await ada.say("before");
  await bob.sees(["before"]);

  await ada.goOffline();
  for (const text of numbered(1, 3)) await ada.say(text);
  await ada.reads(/3 unsent messages/);
  await ada.composer.fill("not yet sent");
  const address = ada.page.url();
  // Without a line there is nothing to load: the page is gone, and with it all that was in its memory.
  await expect(ada.page.reload()).rejects.toThrow();
  expect(await bob.texts()).toEqual(["before"]);

  await ada.goOnline();
  await ada.page.goto(address);
  await ada.entered();
  await ada.sees(["before", ...numbered(1, 3)]);
  await bob.sees(["before", ...numbered(1, 3)]);
  expect(await ada.composer.inputValue()).toBe("not yet sent");

  await ada.page.reload();
  await ada.sees(["before", ...numbered(1, 3)]);
});

browserTest("R17: sent, but the line is lost before the answer comes: it arrives once", async (browser) => {
  const ada = await Visitor.guest(browser, server.url);
  const bob = await Visitor.guest(browser, await ownRoom(ada));
  ada.goDeaf();
  await ada.say("just once");
  await bob.sees(["just once"]);
  expect(await ada.page.locator("article.pending").count()).toBe(1);

  await ada.goOffline();
  await ada.goOnline();
  await ada.sees(["just once"]);
  await ada.say("and on");
  await bob.sees(["just once", "and on"]);
  await ada.page.reload();
  await ada.sees(["just once", "and on"]);
});

browserTest("R61: a text is text, and its links give nothing away", async (browser) => {
  const ada = await Visitor.guest(browser, server.url);
  const bob = await Visitor.guest(browser, await ownRoom(ada));
  const text = '<img src=x onerror="document.title=1"> javascript:alert(1) https://example.org/a?b=1.';
  await ada.say(text);
  await bob.sees([text]);
  const links = bob.log.getByRole("link");
  expect(await links.count()).toBe(1);
  expect(await links.getAttribute("href")).toBe("https://example.org/a?b=1");
  expect(await links.getAttribute("rel")).toBe("noopener noreferrer nofollow");
  expect(await bob.log.locator("img").count()).toBe(0);
  expect([...ada.complaints, ...bob.complaints]).toEqual([]);
});
