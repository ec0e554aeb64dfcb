// R63: the whole page by keyboard alone, and what axe-core finds, screen by screen, dark and light, wide and narrow.
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, vi } from "vitest";
import { browserTest } from "../harness/chromium";
import { call, guest } from "../harness/people";
import { type Server, startServer } from "../harness/server/server";
import { violations } from "./support/axe";
import { account, count, openRoom, post, WIDE } from "./support/cast";
import { focused, tabTo } from "./support/keyboard";
import { Visitor } from "./support/visitor";

// axe goes through 500 messages several times; that takes a minute and a half where four jobs share two processors
vi.setConfig({ testTimeout: 360_000 });

let server: Server;
/** A room of 502 messages: the last one answers the first. */
let long: string;
beforeAll(async () => {
  server = await startServer({ vars: { ...WIDE } });
  const writer = await guest(server.url);
  long = await openRoom(server.url, "Long talk", writer);
  const source = await post(server.url, long, writer, "where it began");
  await count(server.url, long, writer, 1, 500);
  await post(server.url, long, writer, "and what came of it", source);
});
afterAll(() => server?.[Symbol.asyncDispose]());

browserTest(
  "R63: by keyboard alone: enter, make a room, write, answer, people, colours, keys, sign out",
  async (browser) => {
    const ada = await Visitor.open(browser, server.url);
    const { keyboard } = ada.page;
    const theme = () => ada.page.evaluate(() => document.documentElement.dataset["theme"]);
    await ada.page.getByRole("button", { name: "Continue as guest" }).waitFor();
    await tabTo(ada, /^Continue as guest$/);
    await keyboard.press("Enter");
    await ada.entered();
    await expect.poll(() => focused(ada).then((stop) => stop.name)).toMatch(/^Message /);

    // A room of one's own.
    await tabTo(ada, /^New room$/, "Shift+Tab");
    await keyboard.press("Enter");
    await keyboard.type("Keys only");
    await keyboard.press("Enter");
    await ada.page.getByRole("heading", { name: "Keys only" }).waitFor();
    await ada.entered();
    await expect.poll(() => focused(ada).then((stop) => stop.name)).toBe("Message Keys only");

    // Write, answer by the button, think better of it, answer by the key.
    await keyboard.type("first line");
    await keyboard.press("Shift+Enter");
    await keyboard.type("second line");
    await keyboard.press("Enter");
    await ada.sees(["first line\nsecond line"]);
    await tabTo(ada, /^Reply to /, "Shift+Tab");
    await keyboard.press("Enter");
    await ada.reads(/^Answering/);
    await keyboard.press("Escape");
    await expect.poll(() => ada.page.getByText(/^Answering/).count()).toBe(0);
    await tabTo(ada, /first line/, "Shift+Tab");
    await keyboard.press("r");
    await keyboard.type("an answer");
    await keyboard.press("Enter");
    await ada.sees(["first line\nsecond line", "an answer"]);

    // The rooms stand first, the log next, the box last; nothing is a stop twice but by design.
    const down = await ada.page
      .evaluate(() => document.querySelector<HTMLElement>(".skip")!.focus())
      .then(() => tabTo(ada, /^Message /));
    const at = (name: RegExp) => down.findIndex((stop) => name.test(stop));
    const order = [
      /^Keyboard$/,
      /^New room$/,
      /Keys only/,
      /Lobby/,
      /^Your profile$/,
      /^Colours/,
      /^Sign out$/,
      /what to do with this room$/,
      /^Search$/,
      /^Pinned messages$/,
      /^People/,
      /first line/,
    ];
    const places = order.map(at);
    expect(places).not.toContain(-1);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(new Set(down).size).toBe(down.length);

    // The list of people opens with its button and closes with Escape; focus is never lost.
    await tabTo(ada, /^People/, "Shift+Tab");
    await keyboard.press("Enter");
    expect((await focused(ada)).name).toBe("People");
    await keyboard.press("Escape");
    expect((await focused(ada)).name).toMatch(/^Message /);

    // Light, dark, or by the system.
    await tabTo(ada, /^Colours: system/, "Shift+Tab");
    await keyboard.press("Enter");
    expect(await theme()).toBe("light");
    await keyboard.press("Enter");
    expect(await theme()).toBe("dark");

    // The keys are listed by a key, but not while one writes.
    await keyboard.press("?");
    await ada.page.getByRole("dialog", { name: "Keyboard" }).waitFor();
    expect((await focused(ada)).name).toBe("Close");
    await keyboard.press("Escape");
    expect((await focused(ada)).name).toMatch(/^Colours/);
    expect(ada.complaints).toEqual([]);

    await tabTo(ada, /^Sign out$/);
    await keyboard.press("Enter");
    await ada.page.getByRole("button", { name: "Continue as guest" }).waitFor();
    await expect.poll(() => ada.page.url()).toBe(`${server.url}/`);
  },
);

browserTest(
  "R63: a long log by keyboard alone: to the source of an answer, back, to the beginning, through history, to the end",
  async (browser) => {
    const ada = await Visitor.guest(browser, `${server.url}/rooms/${long}`);
    const { keyboard } = ada.page;
    const current = () => focused(ada).then((stop) => stop.name);
    await ada.reads("and what came of it");
    await tabTo(ada, /and what came of it/, "Shift+Tab");
    await keyboard.press("Enter");
    await expect.poll(current).toMatch(/where it began/);
    expect((await focused(ada)).visible).toBe(true);
    await keyboard.press("Backspace");
    await expect.poll(current).toMatch(/and what came of it/);

    // Arrow keys go from message to message; what the jump left open comes in as they near it.
    const before = (await ada.texts()).length;
    await keyboard.press("Home");
    expect(await focused(ada)).toMatchObject({ name: expect.stringMatching(/where it began/), visible: true });
    for (let steps = 0; steps < 60; steps += 1) await keyboard.press("ArrowDown");
    await expect.poll(async () => (await ada.texts()).length).toBeGreaterThan(before);
    expect(await focused(ada)).toMatchObject({ name: expect.stringMatching(/number/), visible: true });
    await tabTo(ada, /^Go to the newest message$/);
    await keyboard.press("Enter");
    await expect.poll(() => ada.missing()).toBeLessThan(2);
    await expect.poll(current).toMatch(/^Message /);
    expect(ada.complaints).toEqual([]);
  },
);

const BOTH = ["light", "dark"] as const;

/** Looks at a screen in its colours; `where` tells a failure's place. */
async function clean(visitor: Visitor, where: string, colours: readonly (typeof BOTH)[number][] = BOTH): Promise<void> {
  for (const colorScheme of colours) {
    await visitor.page.emulateMedia({ colorScheme });
    expect(await violations(visitor.page), `${where}, ${colorScheme}`).toEqual([]);
  }
}

/** Someone in a room of their own, at a given width. */
const arrive = (browser: Browser, room: string, width: number): Promise<Visitor> =>
  Visitor.guest(browser, `${server.url}/rooms/${room}`, { viewport: { width, height: 720 }, reducedMotion: "reduce" });

browserTest("R63: axe finds nothing grave on the first screen", async (browser) => {
  const nobody = await Visitor.open(browser, server.url);
  await nobody.page.getByRole("button", { name: "Continue as guest" }).waitFor();
  await clean(nobody, "first screen");
  await nobody.page.getByRole("button", { name: "Create an account" }).click();
  await clean(nobody, "sign up");
});

browserTest("R63: axe finds nothing grave in rooms, panels and dialogs", async (browser) => {
  const owner = await account(server.url, "Ada Lovelace");
  const empty = await openRoom(server.url, "Nothing yet", owner);
  const ada = await arrive(browser, empty, 1200);
  await clean(ada, "empty room");
  await ada.openPeople();
  await clean(ada, "people");
  await ada.page.getByRole("button", { name: "New room" }).click();
  await clean(ada, "new room");
  await ada.page.keyboard.press("Escape");
  await ada.page.getByRole("button", { name: "Keyboard" }).click();
  await clean(ada, "keyboard");
  await ada.page.keyboard.press("Escape");
  await ada.page.getByRole("button", { name: "Keep this account" }).click();
  await clean(ada, "keep this account");
  await ada.page.keyboard.press("Escape");

  const bob = await arrive(browser, empty, 1200);
  await ada.say("hello");
  await bob.sees(["hello"]);
  await bob.composer.pressSequentially("hm");
  await ada.reads(/is typing/);
  await clean(ada, "somebody typing");
  await call(server.url, `/api/rooms/${empty}`, owner, { closed: true }, "PATCH");
  await ada.page.getByPlaceholder(/^This room is closed/).waitFor();
  await clean(ada, "closed room");
  await ada.goOffline();
  await clean(ada, "offline");
});

browserTest("R63: axe finds nothing grave in 500 messages, wide and at 320 px", async (browser) => {
  const ada = await arrive(browser, long, 1200);
  const fetched = async () => {
    await ada.log.evaluate((log) => log.scrollTo({ top: 0 }));
    await ada.log.and(ada.page.locator("[aria-busy=false]")).waitFor();
    return ada.page.locator("article").count();
  };
  await expect.poll(fetched).toBeGreaterThanOrEqual(500);
  await clean(ada, "500 messages");
  await ada.page.setViewportSize({ width: 320, height: 640 });
  await clean(ada, "500 messages at 320 px", ["light"]);
  await ada.openPeople();
  await clean(ada, "people at 320 px", ["dark"]);
  await ada.page.getByRole("link", { name: "All rooms" }).click();
  await clean(ada, "rooms at 320 px", ["dark"]);
});

browserTest("R63: at 200 % nothing is cut off or scrolls sideways", async (browser) => {
  // 1200 x 760 at 200 % is 600 x 380 pixels of the style sheet's.
  const ada = await Visitor.guest(browser, `${server.url}/rooms/${long}`, {
    viewport: { width: 600, height: 380 },
    deviceScaleFactor: 2,
  });
  const beyond = () => ada.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(await beyond()).toBe(0);
  const box = await ada.page.locator(".composer-box").boundingBox();
  expect(box!.y + box!.height).toBeLessThanOrEqual(380);
  expect(await ada.log.evaluate((log) => log.clientHeight)).toBeGreaterThan(150);
  await ada.openPeople();
  expect(await beyond()).toBe(0);
});

browserTest("R63: whoever wants no movement gets none", async (browser) => {
  const ada = await arrive(browser, long, 1200);
  const bob = await arrive(browser, long, 1200);
  await bob.composer.pressSequentially("hm");
  await ada.reads(/is typing/);
  const moving = await ada.page.evaluate(() =>
    document
      .getAnimations()
      .filter((one) => one.playState === "running")
      .map((one) => String(one.effect)),
  );
  expect(moving).toEqual([]);
});
