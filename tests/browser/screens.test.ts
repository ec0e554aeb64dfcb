// R63 for what rooms can do: every new screen by keyboard, by axe-core in both colours, wide and at 320 px; and links and names that
// would deceive.
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { browserTest } from "../harness/chromium";
import { call, type Guest, join } from "../harness/people";
import { type Server, startServer } from "../harness/server/server";
import { violations } from "./support/axe";
import { account, addressOf, openRoom, PASSWORD, post, WIDE } from "./support/cast";
import { focused, tabTo } from "./support/keyboard";
import { Visitor } from "./support/visitor";

let server: Server;
let ada: Guest;
let bob: Guest;
/** A room with everything in it: ada's, bob is a member. */
let room: string;
const RTL = "https://example.org/\u202egnp.exe";
beforeAll(async () => {
  server = await startServer({ vars: { ...WIDE, RATE_REACT: "1000/2000" } });
  ada = await account(server.url, "Ada Lovelace");
  bob = await account(server.url, "Bob Babbage");
  room = await openRoom(server.url, "Everything", ada);
  await join(server.url, room, bob);
  const first = await post(server.url, room, ada, "the first message, https://example.org/");
  await post(server.url, room, bob, `look: ${RTL} and https://user:secret@example.org/`, first);
  await call(
    server.url,
    `/api/rooms/${room}/messages/${first}/reactions/${encodeURIComponent("👍")}`,
    bob,
    undefined,
    "PUT",
  );
  await call(server.url, `/api/rooms/${room}/messages/${first}/pin`, ada, undefined, "PUT");
});
afterAll(() => server?.[Symbol.asyncDispose]());

async function enter(browser: Browser, width: number): Promise<Visitor> {
  const visitor = await Visitor.open(browser, `${server.url}/rooms/${room}`, {
    viewport: { width, height: 720 },
    reducedMotion: "reduce",
  });
  await visitor.page.getByRole("textbox", { name: /^E-mail$/ }).fill(addressOf(ada.name));
  await visitor.page.getByLabel(/^Password/).fill(PASSWORD);
  await visitor.press("Sign in");
  await visitor.entered();
  return visitor;
}

/** Nothing grave, and nothing that reaches out of the page sideways, in either colour. */
async function clean(visitor: Visitor, where: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await visitor.page.emulateMedia({ colorScheme });
    expect(await violations(visitor.page), `${where}, ${colorScheme}`).toEqual([]);
    const beyond = await visitor.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(beyond, `${where} reaches out of the page`).toBe(0);
  }
}

for (const width of [1200, 320]) {
  browserTest(`R63: axe finds nothing grave in menus, pickers, panels and dialogs at ${width} px`, async (browser) => {
    const visitor = await enter(browser, width);
    const { keyboard } = visitor.page;
    const leave = () => keyboard.press("Escape");
    const message = visitor.message("the first message").first();
    await message.locator(".text").click();
    await clean(visitor, "a message");
    await message.getByRole("button", { name: "More actions" }).click();
    await clean(visitor, "menu of a message");
    await leave();
    await message.getByRole("button", { name: "Add a reaction" }).click();
    await clean(visitor, "emoji");
    await leave();
    for (const panel of [/^People/, /^Pinned messages/, /^Search$/]) {
      await visitor.press(panel);
      await visitor.page.waitForTimeout(300);
      await clean(visitor, `panel ${panel}`);
      await visitor.page.getByRole("button", { name: /^Close the/ }).click();
    }
    for (const line of [/^Invite/, /^Room settings/, /^Close the room/, /^Leave/, /^Delete/]) {
      await visitor.chooseOfRoom(line);
      await visitor.page.getByRole("dialog").waitFor();
      await clean(visitor, `dialog ${line}`);
      await leave();
    }
    await visitor.composer.fill("half written");
    await visitor.page.locator(".composer input[type=file]").setInputFiles([
      { name: "one.txt", mimeType: "text/plain", buffer: Buffer.from("one") },
      { name: "none.txt", mimeType: "text/plain", buffer: Buffer.alloc(0) },
    ]);
    await visitor.reads("It is empty.");
    await clean(visitor, "files of a message");
    if (width < 700) await visitor.page.getByRole("link", { name: "All rooms" }).click();
    await visitor.press("Your profile");
    await clean(visitor, "profile");
    await visitor.press("Delete my account …");
    await visitor.page.getByRole("dialog", { name: "Delete my account" }).waitFor();
    await clean(visitor, "the end of the account");
    await leave();
    await visitor.page.goto(`${server.url}/invite/${"x".repeat(43)}`);
    await visitor.press("Accept the invitation");
    await visitor.page.getByRole("alert").waitFor();
    await clean(visitor, "invitation");
  });
}

browserTest("R63: by keyboard alone: react, pin, change, delete, undo, menu, room menu, search", async (browser) => {
  const visitor = await enter(browser, 1200);
  const { keyboard } = visitor.page;
  const current = () => focused(visitor).then((stop) => stop.name);
  await expect.poll(current).toMatch(/^Message /);
  await keyboard.type("by keys");
  await keyboard.press("Enter");
  await expect.poll(() => visitor.texts()).toContain("by keys");
  await expect.poll(() => visitor.page.locator("article.pending").count()).toBe(0);

  // Up takes the last own message; the log is one stop above.
  await keyboard.press("ArrowUp");
  await expect.poll(current).toBe("Change your message");
  await expect.poll(() => visitor.page.locator(":focus").inputValue()).toBe("by keys");
  await keyboard.press("End");
  await keyboard.type("!");
  await keyboard.press("Enter");
  await expect.poll(() => visitor.texts()).toContain("by keys!");
  await tabTo(visitor, /by keys!/, "Shift+Tab");

  await keyboard.press("+");
  await expect.poll(current).toBe("Find an emoji, or type any");
  await keyboard.type("clap");
  await keyboard.press("ArrowDown");
  expect(await current()).toMatch(/^clap/);
  await keyboard.press("Enter");
  await expect.poll(() => visitor.reactions("by keys!")).toEqual(["👏1"]);
  expect(await current()).toMatch(/by keys!/);

  await keyboard.press("m");
  await expect.poll(current).toBe("React");
  await keyboard.press("ArrowUp");
  expect(await current()).toBe("Delete");
  await keyboard.press("Escape");
  expect(await current()).toMatch(/by keys!/);
  await keyboard.press("Delete");
  await visitor.reads("Message deleted.");
  await keyboard.press("u");
  await expect.poll(() => visitor.texts()).toContain("by keys!");
  await keyboard.press("p");
  await visitor.page.getByRole("button", { name: "Pinned messages, 2" }).waitFor();
  await keyboard.press("p");
  await visitor.page.getByRole("button", { name: "Pinned messages, 1" }).waitFor();
  await keyboard.press("e");
  await expect.poll(current).toBe("Change your message");
  await keyboard.press("Escape");

  await keyboard.press("Control+k");
  await expect.poll(current).toBe("Words to look for");
  await keyboard.press("Escape");
  await expect.poll(current).toMatch(/^Message /);
  await tabTo(visitor, /what to do with this room$/, "Shift+Tab");
  await keyboard.press("Enter");
  await expect.poll(current).toBe("Invite people");
  await keyboard.press("ArrowDown");
  await keyboard.press("ArrowDown");
  await keyboard.press("ArrowDown");
  expect(await current()).toBe("Room settings");
  await keyboard.press("Enter");
  await expect.poll(current).toBe("Name");
  await keyboard.press("Escape");
  await expect.poll(current).toMatch(/what to do with this room$/);
  expect(visitor.complaints).toEqual([]);
});

browserTest("links lead where they say, tell nothing, and cannot be turned around; names neither", async (browser) => {
  const visitor = await enter(browser, 1200);
  const links = await visitor.page
    .locator("article .text a")
    .evaluateAll((all) =>
      all.map((one) => [one.textContent, (one as HTMLAnchorElement).href, (one as HTMLAnchorElement).rel]),
    );
  const rel = "noopener noreferrer nofollow";
  expect(links).toEqual([
    ["https://example.org/", "https://example.org/", rel],
    ["https://example.org/", "https://example.org/", rel],
  ]);
  const bare = await visitor.page
    .locator(".author, .who-name, .quote-name, .room-title")
    .evaluateAll((all) =>
      all
        .filter((one) => one.tagName !== "BDI" || getComputedStyle(one).unicodeBidi !== "isolate")
        .map((one) => one.outerHTML),
    );
  expect(bare).toEqual([]);
});
