// Rooms and people, on screens: roles, bans, private rooms, invitations, a room's life from settings to its end, profiles, exports.
import { readFileSync } from "node:fs";
import type { Browser, Download } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { browserTest } from "../harness/chromium";
import { type Guest, join } from "../harness/people";
import { type Server, startServer } from "../harness/server/server";
import { account, addressOf, openRoom, PASSWORD, WIDE } from "./support/cast";
import { Visitor } from "./support/visitor";

let server: Server;
beforeAll(async () => {
  server = await startServer({ vars: { ...WIDE } });
});
afterAll(() => server?.[Symbol.asyncDispose]());

/** Somebody with an account, signed in by the form, in a room. */
async function enter(browser: Browser, who: Guest, path: string): Promise<Visitor> {
  const visitor = await Visitor.open(browser, `${server.url}${path}`);
  await visitor.page.getByRole("textbox", { name: /^E-mail$/ }).fill(addressOf(who.name));
  await visitor.page.getByLabel(/^Password/).fill(PASSWORD);
  await visitor.press("Sign in");
  await visitor.entered();
  return visitor;
}

/** An owner in a room of their own, and a guest in it. */
async function ownedRoom(browser: Browser, name: string, title: string) {
  const owner = await account(server.url, name);
  const room = await openRoom(server.url, title, owner);
  const ada = await enter(browser, owner, `/rooms/${room}`);
  return { owner, room, ada, path: `/rooms/${room}`, address: `${server.url}/rooms/${room}` };
}

const lines = async (download: Download): Promise<{ readonly [key: string]: unknown }[]> =>
  readFileSync((await download.path())!, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

browserTest("R34: a ban sends somebody out at once; let in again, they can come back", async (browser) => {
  const { ada, address } = await ownedRoom(browser, "Ada One", "Order");
  const eve = await Visitor.guest(browser, address);
  const name = await eve.name();
  await eve.say("spam");
  await ada.sees(["spam"]);
  const panel = await ada.openPeople();
  await panel.getByRole("button", { name: `What to do with ${name}` }).click();
  await ada.page.getByRole("menuitem", { name: /^Ban/ }).click();
  await ada.page.getByRole("dialog", { name: "Ban from this room" }).getByRole("button", { name: "Ban" }).click();
  await eve.page.getByRole("heading", { name: "You cannot enter this room" }).waitFor();
  await panel.getByRole("heading", { name: /^Banned/ }).waitFor();
  await ada.reads(/was banned/);
  await eve.page.reload();
  await eve.page.getByRole("heading", { name: "You cannot enter this room" }).waitFor();

  await panel.getByRole("button", { name: `What to do with ${name}` }).click();
  await ada.page.getByRole("menuitem", { name: "Let in again" }).click();
  await expect.poll(() => panel.getByRole("heading", { name: /^Banned/ }).count()).toBe(0);
  await eve.press("Try again");
  await eve.entered();
  await eve.say("sorry");
  await ada.sees(["spam", "sorry"]);
});

browserTest(
  "R40: a role reaches the open room: a moderator keeps order, and no longer when it is taken",
  async (browser) => {
    const { ada, room, path } = await ownedRoom(browser, "Ada Two", "Watch");
    const watch = await account(server.url, "Bob Two");
    await join(server.url, room, watch);
    const bob = await enter(browser, watch, path);
    await ada.say("by the owner");
    await bob.sees(["by the owner"]);
    const offered = async () => {
      await bob.message("by the owner").hover();
      await bob.press("More actions");
      const items = await bob.page.getByRole("menuitem").allTextContents();
      await bob.page.keyboard.press("Escape");
      return items.some((item) => item.startsWith("Pin"));
    };
    expect(await offered()).toBe(false);
    const panel = await ada.openPeople();
    const role = async (line: string) => {
      await panel.getByRole("button", { name: "What to do with Bob Two" }).click();
      await ada.page.getByRole("menuitemradio", { name: line }).click();
    };
    await role("Moderator");
    await expect.poll(offered).toBe(true);
    await bob.act("by the owner", "Delete");
    await ada.sees(["This message was deleted."]);
    await role("Member");
    await ada.say("once more");
    await bob.reads(/is now a member/);
    await bob.sees(["This message was deleted.", "once more"]);
    await bob.message("once more").hover();
    await bob.press("More actions");
    expect(await bob.page.getByRole("menuitem", { name: /^(?:Pin|Delete)/ }).count()).toBe(0);
  },
);

browserTest("R59: nobody finds a private room but by invitation, and an invitation is used up", async (browser) => {
  const { ada } = await ownedRoom(browser, "Ada Three", "Start");
  await ada.press("New room");
  await ada.page.getByRole("textbox", { name: "Name", exact: true }).fill("Attic");
  await ada.page.getByRole("radio", { name: /^Private/ }).check();
  await ada.press("Create room");
  await ada.page.getByRole("heading", { name: "Attic" }).waitFor();
  await ada.entered();
  const address = ada.page.url();
  await ada.say("between us");
  await ada.chooseOfRoom(/^Invite people/);
  await ada.press("Make a link");
  const link = await ada.page.getByRole("textbox", { name: "Link" }).inputValue();
  expect(link).toMatch(new RegExp(`^${server.url}/invite/[\\w-]{43}$`));
  await ada.page.keyboard.press("Escape");

  const stranger = await Visitor.open(browser, address);
  await stranger.press("Continue as guest");
  await stranger.page.getByRole("heading", { name: "There is no such room" }).waitFor();
  expect(await stranger.page.getByRole("link", { name: "Attic" }).count()).toBe(0);

  const friend = await Visitor.open(browser, link);
  await friend.reads(/You are invited to a room/);
  await friend.press("Continue as guest");
  await friend.press("Accept the invitation");
  await friend.entered();
  await friend.sees(["between us"]);
  expect(friend.page.url()).toBe(address);
  await friend.say("thank you");
  await ada.sees(["between us", "thank you"]);

  await stranger.page.goto(link);
  await stranger.press("Accept the invitation");
  await stranger.reads(/not good \(any more\)/);
});

browserTest("a room is renamed, closed, opened, exported, left and deleted", async (browser) => {
  const { ada, address, path, room } = await ownedRoom(browser, "Ada Four", "Draft");
  const bob = await Visitor.guest(browser, address);
  await bob.say("for the record");
  await ada.sees(["for the record"]);
  await ada.chooseOfRoom(/^Room settings/);
  await ada.page.getByRole("textbox", { name: "Name", exact: true }).fill("Final");
  await ada.page.getByRole("textbox", { name: "Topic" }).fill("What we have agreed on");
  await ada.press("Save");
  await bob.page.getByRole("heading", { name: "Final" }).waitFor();
  await ada.reads("What we have agreed on");

  await ada.chooseOfRoom(/^Close the room/);
  await ada.page.getByRole("dialog").getByRole("button", { name: "Close the room" }).click();
  await bob.page.getByPlaceholder(/^This room is closed/).waitFor();
  await ada.chooseOfRoom(/^Open the room again/);
  await bob.page.getByPlaceholder("Message Final").waitFor();

  const [download] = await Promise.all([ada.page.waitForEvent("download"), ada.chooseOfRoom(/^Export/)]);
  expect(download.suggestedFilename()).toContain(room);
  expect(JSON.stringify(await lines(download))).toContain("for the record");

  // The last owner stays; others may go.
  await ada.chooseOfRoom(/^Leave the room/);
  await ada.press("Leave");
  await ada.page.getByRole("dialog").getByRole("alert").waitFor();
  await ada.page.keyboard.press("Escape");
  expect(await bob.page.getByRole("menuitem").count()).toBe(0);
  await bob.chooseOfRoom(/^Leave the room/);
  await bob.press("Leave");
  await bob.page.getByRole("heading", { name: "Choose a room" }).waitFor();
  await ada.reads(/ left$/);
  // The way in does not lead back: that would be to join again.
  await bob.page.goto(server.url);
  await bob.page.getByRole("heading", { name: "Lobby" }).waitFor();

  const eve = await Visitor.guest(browser, address);
  await ada.chooseOfRoom(/^Delete the room/);
  const dialog = ada.page.getByRole("dialog", { name: "Delete the room" });
  expect(await dialog.getByRole("button", { name: "Delete the room" }).isEnabled()).toBe(false);
  await dialog.getByRole("textbox").fill("final");
  await dialog.getByRole("button", { name: "Delete the room" }).click();
  await ada.page.getByRole("heading", { name: "Choose a room" }).waitFor();
  await eve.page.getByRole("heading", { name: "This room was deleted" }).waitFor();
  await expect.poll(() => ada.page.getByRole("link", { name: "Final" }).count()).toBe(0);
  await ada.page.goto(`${server.url}${path}`);
  await ada.page.getByRole("heading", { name: "There is no such room" }).waitFor();
});

const PICTURE = new URL("../../docs/images/page/empty-light.png", import.meta.url);

browserTest("a name and a picture reach everybody; one's data is a file; an account ends", async (browser) => {
  const { ada, address } = await ownedRoom(browser, "Ada Five", "Mirror");
  const bob = await Visitor.guest(browser, address);
  await bob.say("who am I?");
  await ada.sees(["who am I?"]);
  await bob.press("Your profile");
  await bob.page.getByRole("textbox", { name: "Name" }).fill("Bob Five");
  await bob.press("Save");
  await expect.poll(() => ada.page.locator(".author").allTextContents()).toEqual(["Bob Five"]);
  await expect.poll(() => bob.name()).toBe("Bob Five");

  await bob.press("Your profile");
  await bob.page.locator(".dialog input[type=file]").setInputFiles({
    name: "me.png",
    mimeType: "image/png",
    buffer: readFileSync(PICTURE),
  });
  const shown = (visitor: Visitor, where: string) =>
    visitor.page
      .locator(`${where} .avatar img`)
      .evaluateAll((all) => all.map((one) => (one as HTMLImageElement).naturalWidth));
  await expect.poll(() => shown(bob, ".picture-choice")).toEqual([256]);
  await expect.poll(() => shown(bob, ".who-picture")).toEqual([256]);
  await ada.page.reload();
  await expect.poll(() => shown(ada, ".gutter")).toEqual([256]);

  const [download] = await Promise.all([
    bob.page.waitForEvent("download"),
    bob.page.getByRole("link", { name: "Download my data" }).click(),
  ]);
  expect(JSON.stringify(await lines(download))).toContain("who am I?");

  await bob.press("Delete my account …");
  await bob.page.getByRole("checkbox").check();
  await bob.page.getByRole("dialog").getByRole("textbox").fill("delete");
  await bob.press("Delete my account");
  await bob.page.getByRole("button", { name: "Continue as guest" }).waitFor();
  await expect.poll(() => ada.texts()).toEqual(["This message was deleted."]);
});
