// The page by itself in Chromium: the owner's link, accounts, history, small screens.
import { afterAll, beforeAll, expect } from "vitest";
import { browserTest } from "../harness/chromium";
import { call, guest, join } from "../harness/people";
import { type Server, startServer } from "../harness/server/server";
import { Visitor } from "./support/visitor";

let server: Server;
beforeAll(async () => {
  // Who missed more than this is not brought up to date but told so.
  server = await startServer({ vars: { REPLAY_ENTRIES_MAX: "5", RATE_WRITE: "500/1000" } });
});
afterAll(() => server?.[Symbol.asyncDispose]());

browserTest("the owner's link signs in and leaves the address bar", async (browser) => {
  const owner = await Visitor.open(browser, `${server.url}/rooms/lobby#admin=${server.adminToken}`);
  await owner.reads("You are signed in as the owner.");
  await owner.entered();
  expect(owner.page.url()).toBe(`${server.url}/rooms/lobby`);
  await owner.page.goBack().catch(() => undefined);
  expect(owner.page.url()).not.toContain("admin");
});

browserTest("a wrong owner's link is refused and leaves the address bar too", async (browser) => {
  const stranger = await Visitor.open(browser, `${server.url}/#admin=not-the-token`);
  await stranger.reads(/owner link is not valid/);
  expect(stranger.page.url()).toBe(`${server.url}/`);
});

browserTest("a guest keeps rooms and messages in an account, signs out and in again", async (browser) => {
  const ada = await Visitor.guest(browser, server.url);
  const button = (name: string) => ada.page.getByRole("button", { name, exact: true });
  const field = (name: RegExp) => ada.page.getByRole("textbox", { name });
  await button("New room").click();
  await field(/^Name$/).fill("Engines");
  await button("Create room").click();
  await ada.page.getByRole("heading", { name: "Engines" }).waitFor();
  await ada.say("as a guest");
  await ada.sees(["as a guest"]);

  await button("Keep this account").click();
  await field(/^Name$/).fill("Ada Lovelace");
  await field(/^E-mail$/).fill("ada@example.org");
  await ada.page.getByLabel(/^Password/).fill("the engine weaves");
  await button("Create account").click();
  await ada.page.getByRole("navigation").getByText("Ada Lovelace").waitFor();
  expect(await button("Keep this account").count()).toBe(0);
  await ada.sees(["as a guest"]);
  await ada.say("as myself");
  await ada.sees(["as a guest", "as myself"]);

  await button("Sign out").click();
  await field(/^E-mail$/).fill("ada@example.org");
  await ada.page.getByLabel(/^Password/).fill("wrong");
  await button("Sign in").click();
  await ada.page.getByRole("alert").waitFor();
  await ada.page.getByLabel(/^Password/).fill("the engine weaves");
  await button("Sign in").click();
  await ada.page.getByRole("link", { name: "Engines" }).click();
  await ada.sees(["as a guest", "as myself"]);
});

browserTest("a text that is too long is not sent", async (browser) => {
  const ada = await Visitor.guest(browser, server.url);
  const send = ada.page.getByRole("button", { name: "Send" });
  await ada.composer.fill("é".repeat(8192));
  await ada.reads("0 bytes left");
  expect(await send.isEnabled()).toBe(true);
  await ada.composer.fill(`${"é".repeat(8192)}!`);
  await ada.reads("1 byte too long");
  expect(await send.isEnabled()).toBe(false);
});

browserTest("a message that failed is sent again, or discarded", async (browser) => {
  const ada = await Visitor.guest(browser, server.url);
  const room = await call<{ id: string }>(server.url, "/api/rooms", await guest(server.url), { title: "Full" });
  await ada.page.goto(`${server.url}/rooms/${room.id}`);
  await ada.entered();
  // A message that cannot be written down is not sent: here the browser's storage is full.
  await ada.page.evaluate(() => {
    const keep = Storage.prototype.setItem;
    Storage.prototype.setItem = () => {
      throw new DOMException("no room left", "QuotaExceededError");
    };
    addEventListener("click", () => Object.assign(Storage.prototype, { setItem: keep }), { once: true, capture: true });
  });
  await ada.say("first");
  await ada.say("second");
  await expect.poll(() => ada.page.locator("article.failed").count()).toBe(2);
  await ada.reads(/storage is full/);
  const within = (text: string) => ada.page.getByRole("article").filter({ hasText: text });
  await within("first").getByRole("button", { name: "Discard" }).click();
  await expect.poll(() => ada.texts()).toEqual(["second"]);
  await within("second").getByRole("button", { name: "Try again" }).click();
  await ada.sees(["second"]);
  await ada.page.reload();
  await ada.sees(["second"]);
});

browserTest("history comes in above without a jump, and what is new waits below", async (browser) => {
  const writer = await guest(server.url);
  const room = await call<{ id: string }>(server.url, "/api/rooms", writer, { title: "Long talk" });
  const post = (text: string) => call(server.url, `/api/rooms/${room.id}/messages`, writer, { text });
  for (let number = 1; number <= 120; number += 1) await post(`number ${number}`);
  const reader = await Visitor.guest(browser, `${server.url}/rooms/${room.id}`);
  await reader.reads("number 120");

  const place = () =>
    reader.page.getByText("number 75", { exact: true }).evaluate((it) => it.getBoundingClientRect().top);
  await reader.page.getByText("number 75", { exact: true }).evaluate((it) => it.scrollIntoView({ block: "start" }));
  const before = await place();
  await reader.page.locator("article").getByText("number 30", { exact: true }).waitFor({ state: "attached" });
  await expect.poll(async () => Math.abs((await place()) - before)).toBeLessThan(2);

  await post("number 121");
  await reader.page.getByRole("button", { name: "1 new message" }).click();
  await expect.poll(() => reader.page.getByText("number 121", { exact: true }).isVisible()).toBe(true);
  await expect.poll(() => reader.page.getByRole("button", { name: /new message/ }).count()).toBe(0);

  await reader.log.evaluate((log) => log.scrollTo({ top: 0 }));
  await reader.reads(/^This is the beginning of/);
  expect(await reader.texts()).toEqual(Array.from({ length: 121 }, (_, at) => `number ${at + 1}`));

  // Whoever writes, however far up, sees what was written.
  await reader.say("number 122");
  await expect.poll(() => reader.missing()).toBeLessThan(2);
  expect((await reader.texts()).at(-1)).toBe("number 122");
});

browserTest("R15: whoever was away too long is told what was skipped, and loads it", async (browser) => {
  const writer = await guest(server.url);
  const room = await call<{ id: string }>(server.url, "/api/rooms", writer, { title: "Busy" });
  const post = (text: string) => call(server.url, `/api/rooms/${room.id}/messages`, writer, { text });
  await post("before");
  const reader = await Visitor.guest(browser, `${server.url}/rooms/${room.id}`);
  await reader.sees(["before"]);

  await reader.goOffline();
  const missed = Array.from({ length: 60 }, (_, at) => `missed ${at + 1}`);
  for (const text of missed) await post(text);
  await reader.goOnline();
  await reader.reads("Some messages were skipped here.");
  await post("after");
  await reader.sees(["before", "after"]);

  const load = reader.page.getByRole("button", { name: "Load them" });
  await load.click();
  await reader.sees(["before", ...missed.slice(-50), "after"]);
  await load.click();
  await reader.sees(["before", ...missed, "after"]);
  expect(await load.count()).toBe(0);
});

browserTest("the end stays in sight when the window changes its size", async (browser) => {
  const writer = await guest(server.url);
  const room = await call<{ id: string }>(server.url, "/api/rooms", writer, { title: "Windows" });
  const post = (text: string) => call(server.url, `/api/rooms/${room.id}/messages`, writer, { text });
  for (let number = 1; number <= 20; number += 1) await post(`number ${number}: ${"long ".repeat(40)}`);
  const reader = await Visitor.guest(browser, `${server.url}/rooms/${room.id}`);
  for (const [width, height] of [
    [320, 640],
    [1120, 720],
    [560, 360],
  ] as const) {
    await reader.page.setViewportSize({ width, height });
    await expect.poll(() => reader.missing()).toBeLessThan(2);
  }
  // The box shrinks (a phone's keyboard comes up) and a scroll event is heard before anybody hears of the new size.
  await reader.log.evaluate((log) => {
    log.parentElement!.style.flex = "none";
    log.parentElement!.style.height = "120px";
    log.dispatchEvent(new Event("scroll"));
  });
  await expect.poll(() => reader.missing()).toBeLessThan(2);
});

browserTest("a screen of 320 px shows everything without scrolling sideways", async (browser) => {
  const member = await guest(server.url);
  await join(server.url, "lobby", member);
  await call(server.url, "/api/rooms/lobby/messages", member, {
    text: `${"unbroken".repeat(40)} https://example.org/`,
  });
  const reader = await Visitor.guest(browser, server.url);
  await reader.page.setViewportSize({ width: 320, height: 640 });
  const overflow = () => reader.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(await overflow()).toBe(0);
  await reader.page.getByRole("link", { name: "All rooms" }).click();
  await reader.page.getByRole("link", { name: "Lobby" }).waitFor();
  expect(await overflow()).toBe(0);
  await reader.page.getByRole("button", { name: "New room" }).click();
  expect(await overflow()).toBe(0);
});
