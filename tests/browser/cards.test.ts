// Cards: what workflows show in a room, in Chromium against the running Worker. They change in every window without a load, are answered
// where they stand, and lead to their run, which members of the room may look at and strangers may not.
import type { Browser, BrowserContextOptions } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { browserTest } from "../harness/chromium";
import { guest } from "../harness/people";
import { type Server, startServer } from "../harness/server/server";
import { violations } from "./support/axe";
import { openRoom, WIDE } from "./support/cast";
import { Visitor } from "./support/visitor";

let server: Server;
beforeAll(async () => {
  server = await startServer({ vars: { ...WIDE } });
});
afterAll(() => server?.[Symbol.asyncDispose]());

/** A room, and people who have it open. */
async function inRoom(browser: Browser, title: string, options?: BrowserContextOptions) {
  const address = `${server.url}/rooms/${await openRoom(server.url, title, await guest(server.url))}`;
  return [await Visitor.guest(browser, address, options), await Visitor.guest(browser, address, options)] as const;
}

/** The message that says this itself, not in what it answers. */
const card = ({ page }: Visitor, text: string) =>
  page.getByRole("article").filter({ has: page.locator(".text", { hasText: text }) });
const links = (visitor: Visitor, text: string) => card(visitor, text).locator(".card-links a").allTextContents();
/** The address that a card's link leads to. */
const follow = (visitor: Visitor, text: string, name: string): Promise<string> =>
  visitor
    .message(text)
    .getByRole("link", { name, exact: true })
    .evaluate((link: HTMLAnchorElement) => link.href);
const status = ({ page }: Visitor) => page.locator(".run-head .status").textContent();

browserTest("a request is put to a room, approved where it stands, and looked at by its members", async (browser) => {
  const [ada, bob] = await inRoom(browser, "Releases");
  const [adaName, bobName] = [await ada.name(), await bob.name()];
  await ada.say("/approve release on Friday");
  const asked = `${adaName} asks for approval: release on Friday`;
  for (const visitor of [ada, bob])
    await expect.poll(() => links(visitor, asked)).toEqual(["Approve", "Reject", "Timeline"]);
  await expect.poll(() => card(bob, asked).textContent()).not.toContain("UTC");

  // a run of somebody else's, while it waits: looked at, not touched
  const run = await follow(bob, asked, "Timeline");
  const looking = await bob.tab(run);
  await looking.reads(/somebody else's: you may look, not act/);
  await looking.reads(/waits for an answer/);
  expect(await looking.page.getByRole("button", { name: /^Cancel the run/ }).count()).toBe(0);
  expect(await looking.page.getByRole("button", { name: "Resume" }).count()).toBe(0);
  // its owner is told where the answer comes from
  const owner = await ada.tab(run);
  await owner.reads("Members of the room answer by the links of its card.");
  const stranger = await Visitor.open(browser, run);
  await stranger.press("Continue as guest");
  await stranger.reads("There is no such run");

  // thought better of it, then done
  const approve = card(bob, asked).getByRole("link", { name: "Approve", exact: true });
  await approve.click();
  const dialog = bob.page.getByRole("dialog", { name: "Approve the request?" });
  await dialog.getByText("release on Friday").waitFor();
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await dialog.waitFor({ state: "detached" });
  expect(await links(ada, asked)).toHaveLength(3);
  await approve.click();
  await dialog.getByRole("button", { name: "Approve", exact: true }).click();
  await dialog.waitFor({ state: "detached" });
  for (const visitor of [ada, bob]) {
    await expect.poll(() => card(visitor, asked).textContent()).toContain(`✅ Approved by ${bobName}.`);
    expect(await links(visitor, asked)).toEqual(["Timeline"]);
  }
  for (const visitor of [looking, owner]) {
    await expect.poll(() => status(visitor)).toMatch(/completed/);
    await expect
      .poll(() => visitor.page.getByRole("region", { name: "What the run returned" }).textContent())
      .toContain(bobName);
  }
  for (const { complaints } of [ada, bob, looking, owner]) expect(complaints).toEqual([]);
  for (const { context } of [ada, bob, stranger]) await context.close();
});

browserTest(
  "a link of a card has a page of its own, for whoever opens it in a tab, and works once",
  async (browser) => {
    const [ada, bob] = await inRoom(browser, "Tabs");
    await ada.say("/approve 2026-13-01 10:00 UTC");
    for (const visitor of [ada, bob])
      await expect.poll(() => links(visitor, "asks for approval: 2026-13-01 10:00 UTC")).toHaveLength(3);
    await ada.say("/approve more cake");
    await expect.poll(() => links(bob, "asks for approval: more cake")).toHaveLength(3);
    const page = await follow(bob, "asks for approval: more cake", "Reject");
    const tab = await bob.tab(page);
    await tab.reads("Reject the request?");
    expect(await violations(tab.page)).toEqual([]);
    await tab.press("Reject");
    await tab.reads("Reject: noted");
    expect(await tab.page.getByRole("link", { name: "To the chat" }).getAttribute("href")).toBe(
      new URL(ada.page.url()).pathname,
    );
    for (const visitor of [ada, bob])
      await expect.poll(() => card(visitor, "asks for approval: more cake").textContent()).toContain("❌ Rejected");
    const late = await ada.tab(page);
    await late.press("Reject");
    await late.reads(/nothing to choose any more/);
    for (const { context } of [ada, bob]) await context.close();
  },
);

browserTest("a reminder and a digest change their cards under the eyes of the room", async (browser) => {
  const [ada, bob] = await inRoom(browser, "Bread");
  const name = await ada.name();
  await ada.say("/remind 1h take out the bread");
  await expect.poll(() => card(bob, `For ${name}: take out the bread`).textContent()).toMatch(/Comes at /);
  await ada.say("/remind 2s tea");
  const said = `${name}, you asked to be reminded: tea`;
  await expect.poll(() => links(bob, said)).toEqual(["Done", "Timeline"]);
  await expect.poll(() => card(bob, `For ${name}: tea`).textContent()).toMatch(/once more at /);
  await card(ada, said).getByRole("link", { name: "Done", exact: true }).click();
  await ada.page.getByRole("dialog").getByRole("button", { name: "Done", exact: true }).click();
  await expect.poll(() => card(bob, `For ${name}: tea`).textContent()).toContain(`✅ Done: ${name}.`);
  await ada.say("/digest 2d");
  await expect.poll(() => card(bob, "The last 2 days here").textContent()).toMatch(/3 messages of 1 person/);
  await ada.say("/remnd 10m tea");
  await bob.reads("There is no /remnd. Did you mean /remind? /help tells what there is.");
  for (const { complaints } of [ada, bob]) expect(complaints).toEqual([]);
  for (const { context } of [ada, bob]) await context.close();
});

for (const width of [1280, 320])
  for (const colorScheme of ["light", "dark"] as const)
    browserTest(
      `axe finds nothing grave on cards and on their question, ${width} px, ${colorScheme}`,
      async (browser) => {
        const options = { viewport: { width, height: 760 }, reducedMotion: "reduce", colorScheme } as const;
        const [ada, bob] = await inRoom(browser, "Looks", options);
        await ada.say("/approve release on Friday");
        await expect.poll(() => links(ada, "asks for approval")).toHaveLength(3);
        expect(await violations(ada.page)).toEqual([]);
        await card(ada, "asks for approval").getByRole("link", { name: "Approve", exact: true }).click();
        await ada.page.getByRole("dialog").waitFor();
        expect(await violations(ada.page)).toEqual([]);
        for (const { context } of [ada, bob]) await context.close();
      },
    );
