// What is true only now, seen on screens: who is here, who types, who has read how far, what is unread, what the room allows.
import { afterAll, beforeAll, expect } from "vitest";
import { browserTest } from "../harness/chromium";
import { call, guest } from "../harness/people";
import { type Server, startServer } from "../harness/server/server";
import { openRoom, post, WIDE } from "./support/cast";
import { Visitor } from "./support/visitor";

let server: Server;
/** Where everything is scarce: a list of people holds two, two messages can be saved up, then it is one a second. */
let scarce: Server;
beforeAll(async () => {
  server = await startServer({ vars: { ...WIDE } });
  scarce = await startServer({ vars: { ...WIDE, PRESENCE_LIST_MAX: "2", RATE_WRITE: "1/2" } });
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await scarce?.[Symbol.asyncDispose]();
});

/** A room of this test, and its address. */
async function ownRoom(
  title: string,
): Promise<{ id: string; address: string; owner: Awaited<ReturnType<typeof guest>> }> {
  const owner = await guest(server.url);
  const id = await openRoom(server.url, title, owner);
  return { id, address: `${server.url}/rooms/${id}`, owner };
}

/** Those of the list who are in the room, a line each: name, what is said of them, here or away. */
function listed(visitor: Visitor): Promise<string[]> {
  return visitor.page
    .locator(".person:not(.gone)")
    .evaluateAll((all) =>
      all.map((one) =>
        [".person-name", "small", ".sr-only"].map((part) => one.querySelector(part)?.textContent ?? "").join(" | "),
      ),
    );
}

browserTest(
  "R27: two tabs are one person; closing one keeps them, hiding the other makes them away",
  async (browser) => {
    const { address } = await ownRoom("Tabs");
    const ada = await Visitor.guest(browser, address);
    const bob = await Visitor.guest(browser, address);
    const [adaName, bobName] = [await ada.name(), await bob.name()];
    await ada.openPeople();
    await expect.poll(() => listed(ada)).toEqual([`${adaName} | you · guest | , here`, `${bobName} | guest | , here`]);

    const second = await bob.tab(address);
    await second.entered();
    await expect.poll(() => listed(ada)).toContain(`${bobName} | guest · 2 tabs | , here`);
    expect(await ada.page.getByRole("button", { name: "People, 2 here" }).count()).toBe(1);

    // One tab that is away does not make the person away.
    await second.goAway();
    await expect.poll(() => listed(ada)).toContain(`${bobName} | guest · 2 tabs | , here`);
    await bob.page.close();
    await expect.poll(() => listed(ada)).toContain(`${bobName} | guest | , away`);
    await second.hide(false);
    await expect.poll(() => listed(ada)).toContain(`${bobName} | guest | , here`);
    await second.page.close();
    await expect.poll(() => listed(ada)).toEqual([`${adaName} | you · guest | , here`]);
    expect(ada.complaints).toEqual([]);
  },
);

browserTest("R28: typing is seen by the others, lapses, ends with the message, and moves nothing", async (browser) => {
  const { address } = await ownRoom("Typing");
  const ada = await Visitor.guest(browser, address);
  const bob = await Visitor.guest(browser, address);
  const line = (visitor: Visitor) => visitor.page.locator(".typing").textContent();
  const top = () => ada.page.locator(".composer-box").evaluate((box) => box.getBoundingClientRect().top);
  const before = await top();

  await bob.composer.pressSequentially("one moment");
  await expect.poll(() => line(ada)).toBe(`${await bob.name()} is typing`);
  expect(await line(bob)).toBe("");
  expect(await top()).toBe(before);
  // No live region holds the line: nothing of it is read out.
  expect(
    await ada.page.locator(".typing").evaluate((it) => it.closest("[aria-live], [role=status], [role=log]")),
  ).toBeNull();
  await bob.composer.press("Enter");
  await ada.sees(["one moment"]);
  await expect.poll(() => line(ada)).toBe("");

  // Whoever stops in the middle of a word is not typing for ever.
  await bob.composer.pressSequentially("or");
  await expect.poll(() => line(ada)).toMatch(/ is typing$/);
  await expect.poll(() => line(ada)).toBe("");
  expect(await bob.composer.inputValue()).toBe("or");
});

browserTest("a mark says who has read how far, and only what was really seen is read", async (browser) => {
  const { address } = await ownRoom("Marks");
  const ada = await Visitor.guest(browser, address);
  const bob = await Visitor.guest(browser, address);
  const marked = (text: string) =>
    ada.page.getByRole("article").filter({ hasText: text }).locator(".receipts .sr-only").allTextContents();
  const read = [`Read by ${await bob.name()}`];

  await ada.say("first");
  await expect.poll(() => marked("first")).toEqual(read);
  const place = await ada.page.getByText("first", { exact: true }).evaluate((it) => it.getBoundingClientRect().top);
  await bob.hide(true);
  await ada.say("second");
  await bob.sees(["first", "second"]);
  await expect.poll(() => bob.page.title()).toMatch(/^\(1\) /);
  // Nothing can be waited for: what would be wrong is a mark that comes.
  await ada.page.waitForTimeout(500);
  expect(await marked("second")).toEqual([]);
  expect(await marked("first")).toEqual(read);
  expect(await ada.page.getByText("first", { exact: true }).evaluate((it) => it.getBoundingClientRect().top)).toBe(
    place,
  );
  // One's own mark is not shown.
  expect(await bob.page.locator(".receipts").count()).toBe(await bob.page.getByText(/^Read by Guest/).count());

  await bob.hide(false);
  await expect.poll(() => marked("second")).toEqual(read);
  expect(await marked("first")).toEqual([]);
  await expect.poll(() => bob.page.title()).not.toMatch(/^\(/);
});

browserTest("what is unread is counted in the list of rooms, and goes when it is read", async (browser) => {
  const { id, address, owner } = await ownRoom("Elsewhere");
  const ada = await Visitor.guest(browser, address);
  const link = ada.page.getByRole("link", { name: /Elsewhere/ });
  const count = () => link.locator(".count").allInnerTexts();
  await ada.page.getByRole("link", { name: "Lobby" }).click();
  await ada.page.getByRole("heading", { name: "Lobby" }).waitFor();
  for (const text of ["one", "two", "three"]) await post(server.url, id, owner, text);
  await expect.poll(async () => (await count()).map((it) => it.replaceAll(/\s+/gu, " "))).toEqual(["3 unread"]);

  await link.click();
  await ada.sees(["one", "two", "three"]);
  await expect.poll(count).toEqual([]);
  await ada.page.getByRole("link", { name: "Lobby" }).click();
  await ada.page.getByRole("heading", { name: "Lobby" }).waitFor();
  expect(await count()).toEqual([]);
  // Also for the server, which a page that starts anew has to ask: it counts in the archive, which comes after.
  await expect.poll(() => ada.unread(id)).toBe(0);
  await ada.page.reload();
  await ada.entered();
  await link.waitFor();
  expect(await count()).toEqual([]);
});

browserTest("a line stands where one has left off, on the next visit too", async (browser) => {
  const { id, address, owner } = await ownRoom("Left off");
  const ada = await Visitor.guest(browser, address);
  await post(server.url, id, owner, "seen");
  await ada.sees(["seen"]);
  // Whoever leaves in the same moment has not read it.
  await expect.poll(() => ada.unread(id)).toBe(0);
  await ada.page.getByRole("link", { name: "Lobby" }).click();
  await ada.page.getByRole("heading", { name: "Lobby" }).waitFor();
  await post(server.url, id, owner, "new");
  await ada.page.getByRole("link", { name: /Left off/ }).click();
  await ada.sees(["seen", "new"]);
  const kinds = () => ada.log.locator(".new-line, article").evaluateAll((all) => all.map((one) => one.tagName));
  await expect.poll(kinds).toEqual(["ARTICLE", "DIV", "ARTICLE"]);
});

browserTest("R43: slow mode: the text stays until it can be sent", async (browser) => {
  const { id, address, owner } = await ownRoom("Slow");
  const ada = await Visitor.guest(browser, address);
  await call(server.url, `/api/rooms/${id}`, owner, { slowModeMs: 15_000 }, "PATCH");
  await ada.reads(/one message every 15 s/);
  await ada.say("first");
  await ada.sees(["first"]);
  await ada.composer.fill("second");
  await ada.reads(/^Slow mode: you can write again in \d+ s$/);
  expect(await ada.page.getByRole("button", { name: "Send" }).isEnabled()).toBe(false);
  await ada.composer.press("Enter");
  expect(await ada.composer.inputValue()).toBe("second");
  await expect.poll(() => ada.page.getByRole("button", { name: "Send" }).isEnabled()).toBe(true);
  await ada.composer.press("Enter");
  await ada.sees(["first", "second"]);
});

browserTest("a room that is closed, opened again and renamed says so where it happened", async (browser) => {
  const { id, address, owner } = await ownRoom("Old name");
  const patch = (change: object) => call(server.url, `/api/rooms/${id}`, owner, change, "PATCH");
  const ada = await Visitor.guest(browser, address);
  await ada.say("before");
  await ada.sees(["before"]);
  await patch({ closed: true });
  await ada.reads(/room was closed|closed the room/);
  await ada.page.getByPlaceholder("This room is closed: you can read it, not write").waitFor();
  await patch({ closed: false });
  await patch({ title: "New name" });
  await ada.page.getByRole("heading", { name: "New name" }).waitFor();
  await ada.page.getByRole("link", { name: "New name" }).waitFor();
  await ada.say("after");
  await ada.sees(["before", "after"]);
  const notes = await ada.log.locator(".note-text").allInnerTexts();
  expect(notes).toEqual([
    expect.stringMatching(/closed/),
    expect.stringMatching(/opened/),
    expect.stringMatching(/New name$/),
  ]);
  // Read back from the log, they stand where they stood.
  await ada.page.reload();
  await ada.sees(["before", "after"]);
  expect(await ada.log.locator(".note-text").allInnerTexts()).toEqual(notes);
});

browserTest("a room with too many people for a list tells how many they are", async (browser) => {
  const owner = await guest(scarce.url);
  const address = `${scarce.url}/rooms/${await openRoom(scarce.url, "Stadium", owner)}`;
  const ada = await Visitor.guest(browser, address);
  await ada.openPeople();
  for (let others = 0; others < 2; others += 1) await Visitor.guest(browser, address);
  await ada.reads("3 people");
  await ada.reads(/^Too many to list/);
  // Members are known all the same; who of them is here is not.
  expect(await ada.page.getByRole("heading", { name: /^Here/ }).count()).toBe(0);
  expect(await ada.page.locator(".person:not(.gone)").count()).toBe(0);
});

browserTest("R42: whoever writes too fast is told when it goes on, and nothing of it is lost", async (browser) => {
  const owner = await guest(scarce.url);
  const ada = await Visitor.guest(browser, `${scarce.url}/rooms/${await openRoom(scarce.url, "Quick", owner)}`);
  const texts: string[] = [];
  let told = false;
  // the slower the machine, the more it takes to be too fast
  const write = async () => {
    while (!told && texts.length < 30) {
      const text = `text ${texts.length + 1}`;
      texts.push(text);
      await ada.composer.fill(text);
      // while nothing can be sent, it stays in the box
      const pressed = async () => {
        await ada.composer.press("Enter");
        return ada.composer.inputValue();
      };
      await expect.poll(pressed).toBe("");
    }
  };
  const hear = async () => {
    await ada.reads(/^You can write again in \d s$/);
    told = true;
  };
  await Promise.all([write(), hear()]);
  await ada.sees(texts);
  await expect.poll(() => ada.page.locator(".told.held").count()).toBe(0);
  await ada.say("the last");
  await ada.sees([...texts, "the last"]);
});
