// What can be done with messages, on screens: change, delete, react, pin, read, find, attach. Each is seen by whoever did it and by
// somebody else.
import { readFileSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { browserTest } from "../harness/chromium";
import { guest } from "../harness/people";
import { type Server, startServer } from "../harness/server/server";
import { openRoom, post, WIDE } from "./support/cast";
import { Visitor } from "./support/visitor";

let server: Server;
beforeAll(async () => {
  server = await startServer({ vars: { ...WIDE, RATE_REACT: "1000/2000" } });
});
afterAll(() => server?.[Symbol.asyncDispose]());

/** Two guests in a room of their own; the first of them made it. */
async function pair(browser: Browser, title: string): Promise<readonly [ada: Visitor, bob: Visitor, room: string]> {
  const ada = await Visitor.guest(browser, server.url);
  await ada.press("New room");
  await ada.page.getByRole("textbox", { name: "Name", exact: true }).fill(title);
  await ada.press("Create room");
  await ada.page.getByRole("heading", { name: title }).waitFor();
  await ada.entered();
  const address = ada.page.url();
  const bob = await Visitor.guest(browser, address);
  return [ada, bob, address.split("/").at(-1)!];
}

/** The marks behind the texts: "edited" or "". */
const edited = (visitor: Visitor) => visitor.page.locator(".edited").allTextContents();

browserTest("R29: the arrow up changes the last own message; others are not offered to change it", async (browser) => {
  const [ada, bob] = await pair(browser, "Changes");
  await ada.say("frist");
  await ada.sees(["frist"]);
  await ada.composer.press("ArrowUp");
  const box = ada.page.getByRole("textbox", { name: "Change your message" });
  expect(await box.inputValue()).toBe("frist");
  // Escape leaves it as it was, and what was half written comes back.
  await box.press("Escape");
  await ada.composer.fill("half written");
  await ada.message("frist").hover();
  await ada.press("Edit the message");
  await box.fill("first");
  await box.press("Enter");
  expect(await ada.composer.inputValue()).toBe("half written");
  for (const one of [ada, bob]) {
    await one.sees(["first"]);
    await expect.poll(() => edited(one)).toEqual(["(edited)"]);
  }
  await bob.message("first").hover();
  expect(await bob.page.getByRole("button", { name: "Edit the message" }).count()).toBe(0);
  await bob.composer.press("ArrowUp");
  expect(await bob.page.getByRole("textbox", { name: "Change your message" }).count()).toBe(0);
  await bob.page.reload();
  await bob.sees(["first"]);
  expect([...ada.complaints, ...bob.complaints]).toEqual([]);
});

browserTest("R30: a deletion can be taken back for five seconds, then it is gone for everybody", async (browser) => {
  const [ada, bob] = await pair(browser, "Second thoughts");
  await ada.say("keep me");
  await ada.say("a secret");
  await bob.sees(["keep me", "a secret"]);
  await ada.act("keep me", "Delete");
  await ada.reads("Message deleted.");
  await ada.press("Undo");
  await ada.act("a secret", "Delete");
  await ada.sees(["keep me", "Message deleted. Undo"]);
  // Nothing was sent yet.
  expect(await bob.texts()).toEqual(["keep me", "a secret"]);
  for (const one of [ada, bob]) await one.sees(["keep me", "This message was deleted."]);
  await bob.page.reload();
  await bob.sees(["keep me", "This message was deleted."]);
  expect(await bob.page.content()).not.toContain("a secret");
  expect([...ada.complaints, ...bob.complaints]).toEqual([]);
});

browserTest("a deletion is not forgotten when the room is left at once", async (browser) => {
  const [ada, bob] = await pair(browser, "In a hurry");
  await ada.say("a secret");
  await bob.sees(["a secret"]);
  await ada.act("a secret", "Delete");
  await ada.page.getByRole("link", { name: "Lobby" }).click();
  await bob.sees(["This message was deleted."]);
});

browserTest("R32: reactions are picked, typed, counted once each, and taken back", async (browser) => {
  const [ada, bob] = await pair(browser, "Applause");
  await ada.say("It works!");
  await bob.sees(["It works!"]);
  await bob.message("It works!").hover();
  await bob.press(/^React to/);
  await bob.page
    .getByRole("dialog", { name: "Emoji" })
    .getByRole("button", { name: "party tada celebrate" })
    .first()
    .click();
  for (const one of [ada, bob]) await expect.poll(() => one.reactions("It works!")).toEqual(["🎉1"]);
  // The same by a press on it.
  await ada.page.getByRole("button", { name: "party tada celebrate, 1" }).click();
  for (const one of [ada, bob]) await expect.poll(() => one.reactions("It works!")).toEqual(["🎉2"]);
  // By words, and any emoji at all.
  await ada.press("Add a reaction");
  await ada.page.keyboard.type("rocket");
  await ada.page.keyboard.press("Enter");
  await ada.press("Add a reaction");
  await ada.page.keyboard.insertText("👩🏽‍🚒");
  await ada.page.keyboard.press("Enter");
  for (const one of [ada, bob]) await expect.poll(() => one.reactions("It works!")).toEqual(["🎉2", "🚀1", "👩🏽‍🚒1"]);
  await ada.page.getByRole("button", { name: /^party tada celebrate, 2$/ }).click();
  await ada.page.getByRole("button", { name: /^rocket/ }).click();
  for (const one of [ada, bob]) await expect.poll(() => one.reactions("It works!")).toEqual(["🎉1", "👩🏽‍🚒1"]);
  await bob.page.reload();
  await expect.poll(() => bob.reactions("It works!")).toEqual(["🎉1", "👩🏽‍🚒1"]);
  expect(await bob.page.getByRole("button", { name: /^party/ }).getAttribute("aria-pressed")).toBe("true");
  expect([...ada.complaints, ...bob.complaints]).toEqual([]);
});

browserTest("pins are listed for everybody, lead to the message, and go with it", async (browser) => {
  const [ada, bob, room] = await pair(browser, "Notice board");
  await ada.say("the rules");
  await ada.sees(["the rules"]);
  const writer = await guest(server.url);
  const other = await openRoom(server.url, "Elsewhere", writer);
  expect(other).not.toBe(room);
  await ada.act("the rules", "Pin");
  await bob.page.getByRole("button", { name: "Pinned messages, 1" }).click();
  const list = bob.page.getByRole("complementary", { name: "Pinned messages" });
  await list.getByText("the rules").click();
  await expect.poll(() => bob.page.evaluate(() => document.activeElement?.textContent)).toContain("the rules");
  expect(await list.getByRole("button", { name: "Unpin" }).count()).toBe(0);
  await ada.reads(/pinned a message/);
  await ada.act("the rules", "Unpin");
  await expect.poll(() => list.getByText("the rules").count()).toBe(0);
  await ada.act("the rules", "Pin");
  await list.getByText("the rules").waitFor();
  await ada.act("the rules", "Delete");
  await expect.poll(() => list.getByText("the rules").count()).toBe(0);
  expect([...ada.complaints, ...bob.complaints]).toEqual([]);
});

browserTest("receipts stand at the last message that somebody has read", async (browser) => {
  const [ada, bob] = await pair(browser, "Read marks");
  const name = await bob.name();
  await ada.say("have you seen this?");
  await bob.sees(["have you seen this?"]);
  await expect
    .poll(() => ada.page.locator(".receipts").allTextContents())
    .toEqual([expect.stringContaining(`Read by ${name}`)]);
});

browserTest("R56: search finds in this room and in all rooms, and leads to the message", async (browser) => {
  const [ada, , room] = await pair(browser, "Library");
  const writer = await guest(server.url);
  const other = await openRoom(server.url, "Archive", writer);
  await post(server.url, other, writer, "the quick brown fox");
  for (let number = 1; number <= 60; number += 1) await post(server.url, other, writer, `line ${number}`);
  await ada.say('a "quick" note*');
  await ada.page.goto(`${server.url}/rooms/${other}`);
  await ada.entered();
  await ada.page.goto(`${server.url}/rooms/${room}`);
  await ada.entered();

  await ada.page.keyboard.press("Control+k");
  const panel = ada.page.getByRole("complementary", { name: "Search" });
  const hits = () => panel.locator(".found").allTextContents();
  const ask = async (words: string) => {
    await panel.getByRole("searchbox").fill("");
    await panel.getByRole("searchbox").fill(words);
  };
  await expect.poll(async () => (await ada.search("quick")).length).toBe(1);
  // Signs of a query language are words like others.
  await ask('"quick* NOTE');
  await expect.poll(async () => (await hits()).length).toBe(1);
  await ask("quick");
  await panel.getByRole("radio", { name: "All my rooms" }).check();
  await expect.poll(async () => (await hits()).length).toBe(2);
  expect(await panel.locator(".found mark").allTextContents()).toEqual(["quick", "quick"]);

  await panel.locator(".found", { hasText: "brown fox" }).click();
  await ada.page.getByRole("heading", { name: "Archive" }).waitFor();
  const lit = () => ada.page.evaluate(() => document.activeElement?.querySelector(".text")?.textContent);
  await expect.poll(lit).toBe("the quick brown fox");
  expect(new URL(ada.page.url()).pathname).toBe(`/rooms/${other}`);
  // The search is still there for the next hit.
  await expect.poll(async () => (await hits()).length).toBe(2);
  expect(ada.complaints).toEqual([]);
});

const PICTURE = readFileSync(new URL("../../docs/images/page/empty-light.png", import.meta.url));

browserTest("files are picked, dropped and pasted, seen as pictures, and downloaded as they were", async (browser) => {
  const [ada, bob] = await pair(browser, "Workshop");
  const [adas, bobs] = [ada.page, bob.page];
  const tray = adas.getByRole("list", { name: "Files of this message" });
  await adas.locator(".composer input[type=file]").setInputFiles([
    { name: "plan.png", mimeType: "image/png", buffer: PICTURE },
    { name: 'no"tes\u202egnp.html', mimeType: "text/html", buffer: Buffer.from("<script>alert(1)</script>") },
    { name: "nothing.txt", mimeType: "text/plain", buffer: Buffer.alloc(0) },
  ]);
  await tray.getByText("It is empty.").waitFor();
  await ada.composer.fill("not without looking at what failed");
  await expect.poll(() => ada.page.getByRole("button", { name: "Send" }).isEnabled()).toBe(false);
  await ada.press("Remove nothing.txt");
  await ada.say("Here is the plan");
  await expect.poll(() => bob.texts()).toEqual(["Here is the plan"]);
  await expect.poll(() => tray.count()).toBe(0);
  const picture = bobs.getByRole("button", { name: "Picture: plan.png" });
  await expect.poll(() => picture.locator("img").evaluate((img: HTMLImageElement) => img.naturalWidth)).toBe(1200);
  await picture.click();
  await bobs.getByRole("dialog", { name: "plan.png" }).waitFor();
  await bobs.keyboard.press("Escape");

  const [download] = await Promise.all([bobs.waitForEvent("download"), bobs.locator("a.file").click()]);
  expect(download.suggestedFilename()).not.toContain("\u202e");
  expect(readFileSync((await download.path())!, "utf8")).toBe("<script>alert(1)</script>");

  // Dropped on the room, with nothing to say; and pasted, which a change of mind takes out.
  const bring = (type: "drop" | "paste", name: string) =>
    adas.evaluate(
      ([type, name, bytes]) => {
        const data = new DataTransfer();
        data.items.add(new File([Uint8Array.from(bytes)], name, { type: "image/png" }));
        const event =
          type === "drop"
            ? new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true })
            : new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
        document.querySelector(type === "drop" ? ".log" : "#message-box")!.dispatchEvent(event);
      },
      [type, name, [...PICTURE]] as const,
    );
  await bring("drop", "dropped.png");
  await tray.getByText("dropped.png").waitFor();
  await bring("paste", "pasted.png");
  await ada.press("Remove pasted.png");
  // Enter may come before the file is up.
  await adas.locator("#message-box").press("Enter");
  await bobs.getByRole("button", { name: "Picture: dropped.png" }).waitFor();
  expect(await bobs.getByText("pasted.png").count()).toBe(0);
  expect([...ada.complaints, ...bob.complaints]).toEqual([]);
});
