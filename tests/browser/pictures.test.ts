// The page in eleven states, dark and light, each of them real: the pictures of docs/page.md. They are taken at every run, so that
// no state can rot, and kept only when FERRULE_PICTURES=keep asks for it.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { browserTest } from "../harness/chromium";
import { root } from "../harness/environment";
import { call, type Guest } from "../harness/people";
import { type Server, startServer } from "../harness/server/server";
import { account, addressOf, openRoom, PASSWORD, post, WIDE } from "./support/cast";
import { TALK, UNUSUAL } from "./support/talks";
import { Visitor } from "./support/visitor";

const FOLDER = join(root, "docs/images/page");
const keep = process.env["FERRULE_PICTURES"] === "keep";
const NAMES = ["Ada Lovelace", "Grace Hopper", "Alan Turing", "Edsger Dijkstra"];

let server: Server;
let cast: readonly Guest[];
beforeAll(async () => {
  // Who missed more than five entries is told so instead of being brought up to date.
  server = await startServer({ vars: { ...WIDE, REPLAY_ENTRIES_MAX: "5" } });
  cast = await Promise.all(NAMES.map((name) => account(server.url, name)));
});
afterAll(() => server?.[Symbol.asyncDispose]());

/** Somebody of the cast, signed in by the form, in a room. */
async function enter(browser: Browser, who: Guest, room: string): Promise<Visitor> {
  const visitor = await Visitor.open(browser, `${server.url}/rooms/${room}`, {
    viewport: { width: 1200, height: 760 },
    reducedMotion: "reduce",
  });
  await visitor.page.getByRole("textbox", { name: /^E-mail$/ }).fill(addressOf(who.name));
  await visitor.page.getByLabel(/^Password/).fill(PASSWORD);
  await visitor.page.getByRole("button", { name: "Sign in", exact: true }).click();
  await visitor.entered();
  return visitor;
}

/** A room of the whole cast, in which these lines were said in turn: `>2 text` answers the last line but one. */
async function talk(title: string, lines: readonly string[]): Promise<string> {
  const room = await openRoom(server.url, title, cast[0]!, cast.slice(1));
  const seqs: number[] = [];
  for (const [at, line] of lines.entries()) {
    const [, source, text = ""] = /^(?:>(\d+) )?(.*)$/su.exec(line) ?? [];
    const who = cast[at % cast.length]!;
    seqs.push(await post(server.url, room, who, text, source === undefined ? undefined : seqs.at(-Number(source))));
  }
  return room;
}

/** Takes both pictures of a state; nothing may reach out of the page sideways in either. */
async function picture(visitor: Visitor, name: string): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  await visitor.page.mouse.move(0, 0);
  for (const colorScheme of ["light", "dark"] as const) {
    await visitor.page.emulateMedia({ colorScheme });
    const beyond = await visitor.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(beyond).toBe(0);
    const path = join(FOLDER, `${name}-${colorScheme}.png`);
    await visitor.page.screenshot({ ...(keep ? { path } : {}), caret: "hide", animations: "disabled" });
  }
}

browserTest("picture: an empty room", async (browser) => {
  const ada = await enter(browser, cast[0]!, await talk("Analytical engines", []));
  await ada.reads(/^This is the beginning of/);
  await picture(ada, "empty");
});

browserTest("picture: loading", async (browser) => {
  const ada = await enter(browser, cast[0]!, await talk("Night shift", ["Anybody here?"]));
  // The line is up, but the room takes its time.
  ada.goDeaf();
  await ada.page.reload();
  await ada.reads("Connecting …");
  await ada.page.waitForTimeout(700);
  await picture(ada, "loading");
});

browserTest("picture: a room of 500 messages, with people, marks of readers, and somebody typing", async (browser) => {
  const lines = Array.from({ length: 500 }, (_, at) => TALK[at % TALK.length]!);
  const room = await talk("Lighthouse", lines);
  const ada = await enter(browser, cast[0]!, room);
  const grace = await enter(browser, cast[1]!, room);
  const alan = await enter(browser, cast[2]!, room);
  await alan.goAway();
  await ada.openPeople();
  await grace.composer.pressSequentially("I think");
  await ada.reads(/is typing/);
  await expect.poll(() => ada.page.locator(".receipts").count()).toBeGreaterThan(0);
  await picture(ada, "500-messages");
});

/** A picture of a lamp in the dusk, drawn by the browser itself. */
async function lamp(visitor: Visitor): Promise<Buffer> {
  const bytes = await visitor.page.evaluate(async () => {
    const canvas = new OffscreenCanvas(1200, 640);
    const pen = canvas.getContext("2d")!;
    const dusk = pen.createLinearGradient(0, 0, 0, 640);
    for (const [at, colour] of [
      [0, "#1b2a4a"],
      [0.6, "#7a4a5b"],
      [1, "#d98a4e"],
    ] as const)
      dusk.addColorStop(at, colour);
    pen.fillStyle = dusk;
    pen.fillRect(0, 0, 1200, 640);
    pen.fillStyle = "#fff3c444";
    pen.beginPath();
    pen.moveTo(600, 190);
    pen.lineTo(1200, 20);
    pen.lineTo(1200, 330);
    pen.fill();
    pen.fillStyle = "#14161c";
    pen.fillRect(0, 560, 1200, 80);
    pen.fillRect(570, 210, 60, 350);
    pen.fillStyle = "#fff3c4";
    pen.fillRect(578, 165, 44, 45);
    pen.fillStyle = "#14161c";
    pen.fillRect(566, 145, 68, 20);
    const blob = await canvas.convertToBlob({ type: "image/png" });
    return [...new Uint8Array(await blob.arrayBuffer())];
  });
  return Buffer.from(bytes);
}

/** A room in which people have reacted, pinned and sent a picture; Ada's screen, and a second person's. */
async function everything(browser: Browser, title: string): Promise<readonly [ada: Visitor, grace: Visitor]> {
  const room = await talk(title, TALK.slice(0, 6));
  const react = (who: number, seq: number, emoji: string) =>
    call(
      server.url,
      `/api/rooms/${room}/messages/${seq}/reactions/${encodeURIComponent(emoji)}`,
      cast[who]!,
      undefined,
      "PUT",
    );
  for (const [who, seq, emoji] of [
    [1, 1, "🎉"],
    [2, 1, "🎉"],
    [0, 1, "🎉"],
    [3, 1, "👀"],
    [1, 5, "👍"],
    [3, 5, "👍"],
  ] as const)
    await react(who, seq, emoji);
  await call(server.url, `/api/rooms/${room}/messages/6/pin`, cast[0]!, undefined, "PUT");
  await call(server.url, `/api/rooms/${room}/members/${cast[1]!.userId}`, cast[0]!, { role: "moderator" }, "PUT");
  const ada = await enter(browser, cast[0]!, room);
  const grace = await enter(browser, cast[1]!, room);
  const files = [{ name: "the lamp.png", mimeType: "image/png", buffer: await lamp(grace) }];
  await grace.page.locator(".composer input[type=file]").setInputFiles(files);
  await grace.say("And this is what it looks like from the boat.");
  const shown = ada.page.getByRole("button", { name: "Picture: the lamp.png" }).locator("img");
  // All of it: a busy machine draws a picture as it comes.
  await expect.poll(() => shown.evaluate((img: HTMLImageElement) => img.complete)).toBe(true);
  await shown.evaluate((img: HTMLImageElement) => img.decode());
  await expect.poll(() => ada.missing()).toBeLessThan(2);
  return [ada, grace];
}

browserTest("picture: everything: reactions, a pin, a picture, roles", async (browser) => {
  const [ada] = await everything(browser, "Observatory");
  await ada.openPeople();
  await ada.page.locator(".person .role").first().waitFor();
  await picture(ada, "everything");
});

browserTest("picture: the picker of emoji", async (browser) => {
  const [ada] = await everything(browser, "Applause");
  await ada.message("from the boat").hover();
  await ada
    .message("from the boat")
    .getByRole("button", { name: /^React to/ })
    .click();
  await ada.page.getByRole("dialog", { name: "Emoji" }).waitFor();
  await picture(ada, "emoji");
});

browserTest("picture: search in all rooms", async (browser) => {
  const [ada] = await everything(browser, "Tower");
  const panel = ada.page.getByRole("complementary", { name: "Search" });
  await ada.press("Search");
  await panel.getByRole("radio", { name: "All my rooms" }).check();
  await expect.poll(async () => (await ada.search("the lamp")).length).toBeGreaterThan(1);
  await picture(ada, "search");
});

browserTest("picture: offline, with messages that wait", async (browser) => {
  const room = await talk("Field trip", TALK.slice(0, 8));
  const ada = await enter(browser, cast[0]!, room);
  await ada.goOffline();
  await ada.say("We are in the tunnel.");
  await ada.say("I will send the map as soon as there is a line again.");
  await ada.reads(/2 unsent messages/);
  await picture(ada, "offline");
});

browserTest("picture: a message that failed", async (browser) => {
  const ada = await enter(browser, cast[0]!, await talk("Workshop", TALK.slice(2, 10)));
  await ada.page.evaluate(() => {
    Storage.prototype.setItem = () => {
      throw new DOMException("no room left", "QuotaExceededError");
    };
  });
  await ada.say("Does everybody have the drawings of the second mill?");
  await ada.reads(/^Not sent/);
  await picture(ada, "failed");
});

browserTest("picture: RESET, some messages were skipped", async (browser) => {
  const room = await talk("Release", TALK.slice(0, 5));
  const ada = await enter(browser, cast[0]!, room);
  await ada.goOffline();
  for (let number = 0; number < 60; number += 1) {
    await post(server.url, room, cast[1 + (number % 3)]!, TALK[(number + 5) % TALK.length]!.replace(/^>\d+ /u, ""));
  }
  await ada.goOnline();
  await ada.reads("Some messages were skipped here.");
  await post(server.url, room, cast[1]!, "Shipped. Thank you, everybody.");
  await ada.reads("Shipped. Thank you, everybody.");
  await expect.poll(() => ada.page.getByText("Back online").count()).toBe(0);
  await picture(ada, "reset");
});

browserTest("picture: long words, right to left, emoji", async (browser) => {
  const ada = await enter(browser, cast[0]!, await talk("Babel", UNUSUAL));
  await picture(ada, "long-words");
});

browserTest("picture: 320 px", async (browser) => {
  const room = await talk("Pocket", [...TALK.slice(0, 6), UNUSUAL[0]!]);
  const ada = await enter(browser, cast[0]!, room);
  const grace = await enter(browser, cast[1]!, room);
  await ada.page.setViewportSize({ width: 320, height: 640 });
  await grace.composer.pressSequentially("On my way");
  await ada.reads(/is typing/);
  await picture(ada, "320px");
});
