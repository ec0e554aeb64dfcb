// From an answer to its source and back, over history that is not on the page.
import { afterAll, beforeAll, expect } from "vitest";
import { browserTest } from "../harness/chromium";
import { guest } from "../harness/people";
import { type Server, startServer } from "../harness/server/server";
import { count, openRoom, post, WIDE } from "./support/cast";
import { Visitor } from "./support/visitor";

let server: Server;
beforeAll(async () => {
  server = await startServer({ vars: { ...WIDE } });
});
afterAll(() => server?.[Symbol.asyncDispose]());

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, at) => `number ${from + at}`);

/** Scrolls as a person does: what comes into sight has the time to begin to load, and what loads to come. */
async function scroll(visitor: Visitor, px: number): Promise<number> {
  const top = await visitor.log.evaluate((log, by) => log.scrollBy({ top: by }) ?? log.scrollTop, px);
  await visitor.page.waitForTimeout(60);
  await visitor.log.and(visitor.page.locator("[aria-busy=false]")).waitFor();
  return top;
}

/** Whether a message of this text is inside the log's box. */
const inSight = (visitor: Visitor, text: string): Promise<boolean> =>
  visitor.log.evaluate((log, wanted) => {
    const found = [...log.querySelectorAll("article .text")].find((one) => one.textContent === wanted);
    if (found === undefined) return false;
    const [box, it] = [log.getBoundingClientRect(), found.getBoundingClientRect()];
    return it.top >= box.top && it.bottom <= box.bottom;
  }, text);

browserTest(
  "an answer leads to its source far above and back; what lies between fills up as it is scrolled to",
  async (browser) => {
    const writer = await guest(server.url);
    const room = await openRoom(server.url, "Long way", writer);
    await count(server.url, room, writer, 1, 100);
    const source = await post(server.url, room, writer, "the source");
    await count(server.url, room, writer, 101, 400);
    await post(server.url, room, writer, "the answer", source);
    const ada = await Visitor.guest(browser, `${server.url}/rooms/${room}`);
    await ada.reads("the answer");
    expect(await ada.texts()).not.toContain("the source");

    await ada.page.getByRole("button", { name: "In answer to an earlier message" }).click();
    await expect.poll(() => inSight(ada, "the source")).toBe(true);
    await expect.poll(() => ada.page.locator("article.lit .text").textContent()).toBe("the source");
    expect(await ada.page.evaluate(() => document.activeElement?.querySelector(".text")?.textContent)).toBe(
      "the source",
    );
    expect((await ada.texts()).length).toBeLessThan(300);

    await ada.page.getByRole("button", { name: "Back to the answer" }).click();
    await expect.poll(() => inSight(ada, "the answer")).toBe(true);
    await expect.poll(() => ada.page.getByRole("button", { name: "Back to the answer" }).count()).toBe(0);
    // Its source is known now.
    await ada.page.getByRole("button", { name: /^In answer to Guest-.* the source$/ }).waitFor();

    // From the end upwards, a screen at a time: every hole fills, and nothing is doubled or out of order.
    for (let steps = 0; steps < 200; steps += 1) {
      const top = await scroll(ada, -500);
      if (top === 0 && (await ada.page.getByText(/^This is the beginning of/).count()) > 0) break;
    }
    expect(await ada.texts()).toEqual([...numbers(1, 100), "the source", ...numbers(101, 400), "the answer"]);
    expect(await ada.page.locator(".gap").count()).toBe(0);
    expect(ada.complaints).toEqual([]);
  },
);

browserTest(
  "going on downwards from a source far above, what lies between comes in below without a jump",
  async (browser) => {
    const writer = await guest(server.url);
    const room = await openRoom(server.url, "Downwards", writer);
    const source = await post(server.url, room, writer, "the source");
    await count(server.url, room, writer, 1, 250);
    await post(server.url, room, writer, "the answer", source);
    const ada = await Visitor.guest(browser, `${server.url}/rooms/${room}`);
    await ada.page.getByRole("button", { name: "In answer to an earlier message" }).click();
    await expect.poll(() => inSight(ada, "the source")).toBe(true);

    const first = ada.page.getByText("number 10", { exact: true });
    await first.evaluate((it) => it.scrollIntoView({ block: "start" }));
    const place = () => first.evaluate((it) => it.getBoundingClientRect().top);
    const before = await place();
    await ada.page.getByText("number 60", { exact: true }).waitFor({ state: "attached" });
    expect(Math.abs((await place()) - before)).toBeLessThan(2);
    for (let steps = 0; steps < 200 && (await ada.missing()) > 1; steps += 1) await scroll(ada, 500);
    expect(await ada.texts()).toEqual(["the source", ...numbers(1, 250), "the answer"]);
  },
);
