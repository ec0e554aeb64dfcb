// The page in eight states, dark and light, each of them real: the pictures of docs/page.md. They are taken at every run, so that
// no state can rot, and kept only when FERRULE_PICTURES=keep asks for it.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { browserTest } from "../harness/chromium";
import { root } from "../harness/environment";
import type { Guest } from "../harness/people";
import { type Server, startServer } from "../harness/server";
import { account, addressOf, openRoom, PASSWORD, post, WIDE } from "./cast";
import { TALK, UNUSUAL } from "./talks";
import { Visitor } from "./visitor";

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
  expect(await ada.page.locator(".receipts").count()).toBeGreaterThan(0);
  await picture(ada, "500-messages");
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
  await expect.poll(() => ada.page.getByText("Back online").count(), { timeout: 10_000 }).toBe(0);
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
