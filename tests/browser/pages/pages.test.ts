// The pages in Chromium, in both languages: what is typed stays text, a refusal keeps it, and all of it by keyboard, dark, narrow.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { readPython } from "../../../scripts/python/state.mjs";
import { browserTest } from "../../harness/chromium";
import { root } from "../../harness/environment";
import { type Server, startServer } from "../../harness/server/server";
import { violations } from "../support/axe";
import { tabTo } from "../support/keyboard";
import { Visitor } from "../support/visitor";

// Where there is no Python Worker, and CI does not ask for it, the pages in TypeScript are looked at alone.
const python = readPython().ready || process.env["FERRULE_PYTHON"] === "required";
const under = python ? ["", "/py"] : [""];

const FOLDER = join(root, "docs/images/page");
const keep = process.env["FERRULE_PICTURES"] === "keep";

/** What others would try: it must come out as it was typed, whichever way it is shown. */
const HOSTILE = [
  `<script>document.title = "taken"; alert(1)</script>`,
  `"><img src=x onerror=alert(2)><svg/onload=alert(3)>`,
  `'><a href="javascript:alert(4)">&lt;b&gt; &amp;amp; &#x27;</a>`,
  `</textarea></dd></form><iframe src="https://evil.example/"></iframe>`,
  `<link rel=stylesheet href="https://evil.example/x.css"><style>@import "https://evil.example/y"</style>`,
  `{{7*7}} %3Cb%3E \u202egnal\u202c 😀 naïve`,
].join("\n");

let server: Server;
beforeAll(async () => {
  server = await startServer({ python });
});
afterAll(() => server?.[Symbol.asyncDispose]());

/** Somebody at a page; `dialogs` and `outside` collect what must not happen. */
class Reader {
  readonly dialogs: string[] = [];
  readonly outside: string[] = [];

  private constructor(readonly visitor: Visitor) {
    visitor.page.on("dialog", (dialog) => {
      this.dialogs.push(dialog.message());
      dialog.dismiss();
    });
    visitor.page.on("request", (request) => {
      if (!request.url().startsWith(`${server.url}/`)) this.outside.push(request.url());
    });
  }

  static async at(browser: Browser, path: string, width = 1100): Promise<Reader> {
    const visitor = await Visitor.open(browser, `${server.url}/hello`, { viewport: { width, height: 720 } });
    const reader = new Reader(visitor);
    await visitor.page.goto(`${server.url}${path}`);
    return reader;
  }

  get page() {
    return this.visitor.page;
  }
  get name() {
    return this.page.getByLabel("Name");
  }
  get message() {
    return this.page.getByLabel("Message");
  }

  /** Presses the button and waits for the page that comes of it. */
  async send(): Promise<void> {
    const answer = this.page.waitForResponse((response) => response.request().method() === "POST");
    await this.page.getByRole("button", { name: "Send" }).click();
    await (await answer).finished();
    await this.page.waitForLoadState();
  }

  /** Lifts the limits that the browser itself keeps, as somebody would who means harm. */
  unlimited(): Promise<void> {
    return this.page.evaluate(() => {
      for (const field of document.querySelectorAll("[maxlength]")) field.removeAttribute("maxlength");
    });
  }

  /** The page is as it should be, in both colours: nothing out of place, nobody called, axe content. */
  async expectSound(where: string): Promise<void> {
    for (const colorScheme of ["light", "dark"] as const) {
      await this.page.emulateMedia({ colorScheme });
      expect(await violations(this.page), `${where}, ${colorScheme}`).toEqual([]);
    }
    const beyond = await this.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(beyond, `${where} does not reach out sideways`).toBeLessThanOrEqual(0);
    expect([where, this.dialogs, this.outside]).toEqual([where, [], []]);
  }
}

for (const at of under) {
  browserTest(`P05, P06: ${at}/form: hostile text is shown as it was typed, and calls nobody`, async (browser) => {
    const reader = await Reader.at(browser, `${at}/form`);
    const name = `<b onmouseover=alert(0)> "Ada" & 'co' </title>`;
    await reader.name.fill(name);
    await reader.message.fill(`\n${HOSTILE}\n`);
    await reader.send();
    expect(await reader.page.title()).toBe("What you sent - Ferrule");
    const shown = (await reader.page.locator("dd").allTextContents()).map((text) => text.replaceAll("\r\n", "\n"));
    expect(shown).toEqual([name, `\n${HOSTILE}\n`]);
    expect(await reader.page.locator("dd *, script, iframe, img, svg, link").count()).toBe(0);
    await reader.expectSound("what was sent");
    await reader.page.getByRole("link", { name: "Send another" }).click();
    await reader.page.getByRole("button", { name: "Send" }).waitFor();
    expect([await reader.name.inputValue(), await reader.message.inputValue()]).toEqual(["", ""]);
    expect(reader.visitor.complaints).toEqual([]);
  });

  browserTest(`P16: ${at}/form: a refusal says why and keeps what was typed`, async (browser) => {
    const reader = await Reader.at(browser, `${at}/form`);
    const long = `${'<Ada> & "co" '.repeat(16)}!`;
    await reader.unlimited();
    await reader.name.fill(long);
    await reader.message.fill(`\n\n${HOSTILE}`);
    await reader.send();
    const alert = reader.page.getByRole("alert");
    expect(await alert.getAttribute("data-code")).toBe("field_too_long");
    expect(await alert.textContent()).toContain("name");
    expect(await reader.name.inputValue()).toBe(long);
    expect(await reader.message.inputValue()).toBe(`\n\n${HOSTILE}`);
    await reader.expectSound("refused");

    // Shortened, the same form goes through, with the message untouched.
    await reader.name.fill("Ada");
    await reader.send();
    const shown = await reader.page.locator("dd").allTextContents();
    expect(shown.map((text) => text.replaceAll("\r\n", "\n"))).toEqual(["Ada", `\n\n${HOSTILE}`]);
    expect(reader.dialogs).toEqual([]);
  });

  browserTest(`${at}/form: what the browser lets one type is always taken`, async (browser) => {
    const reader = await Reader.at(browser, `${at}/form`);
    // The browser counts a line break once and sends two bytes for it; a character may take four.
    await reader.message.fill(`${"é".repeat(49)}\n`.repeat(200));
    await reader.message.press("End");
    await reader.page.keyboard.insertText("no more");
    const typed = await reader.message.inputValue();
    expect(typed).toHaveLength(10_000);
    await reader.send();
    const [, shown] = await reader.page.locator("dd").allTextContents();
    expect(shown!.replaceAll("\r\n", "\n")).toBe(typed);
  });

  browserTest(`${at}/form by keyboard alone, at 320 px`, async (browser) => {
    const reader = await Reader.at(browser, `${at}/form`, 320);
    const { keyboard } = reader.page;
    await tabTo(reader.visitor, /^Name$/);
    await keyboard.type("Ada");
    await tabTo(reader.visitor, /^Message$/);
    await keyboard.type("by keys ".repeat(20) + "x".repeat(200));
    await reader.expectSound("the form at 320 px");
    await tabTo(reader.visitor, /^Send$/);
    await keyboard.press("Enter");
    await reader.page.getByText("What you sent").first().waitFor();
    await reader.expectSound("what was sent at 320 px");
    await tabTo(reader.visitor, /^Send another$/);
    await keyboard.press("Enter");
    await reader.page.getByRole("button", { name: "Send" }).waitFor();
  });

  browserTest(`P20: ${at}/counter: each look counts`, async (browser) => {
    const reader = await Reader.at(browser, `${at}/counter`);
    const count = async () => Number(/count=(\d+)/.exec((await reader.page.locator("main").textContent()) ?? "")?.[1]);
    const first = await count();
    for (const more of [1, 2]) {
      await reader.page.reload();
      expect(await count()).toBe(first + more);
    }
    expect(await reader.page.title()).toContain("Counter");
    await reader.expectSound("counter");
  });

  browserTest(`P01: ${at}/hello: plain text`, async (browser) => {
    const reader = await Reader.at(browser, `${at}/hello`);
    expect(await reader.page.locator("body").textContent()).toMatch(/^Hello /);
    expect(await reader.page.evaluate(() => document.contentType)).toBe("text/plain");
  });
}

browserTest("/pages: every link leads somewhere, by mouse and by keyboard, wide and narrow", async (browser) => {
  const reader = await Reader.at(browser, "/pages");
  const links = reader.page.getByRole("link");
  const hrefs = await links.evaluateAll((all) => all.map((one) => (one as HTMLAnchorElement).href));
  expect(hrefs).toEqual(expect.arrayContaining(["/", "/hello", "/form", "/counter"].map((path) => server.url + path)));
  const inPython = hrefs.filter((href) => new URL(href).pathname.startsWith("/py/"));
  expect(inPython).toHaveLength(python ? 3 : 0);
  expect(new Set(hrefs).size).toBe(hrefs.length);
  for (const href of hrefs) {
    const answer = await reader.page.request.get(href);
    expect([href, answer.status()]).toEqual([href, 200]);
  }

  // Tab goes from link to link in the order of the page, and Enter follows.
  const names = await links.allTextContents();
  const stops = await tabTo(reader.visitor, new RegExp(`^${names.at(-1)!}$`));
  expect(stops).toEqual(names);
  await tabTo(reader.visitor, /^Form$/, "Shift+Tab");
  await reader.page.keyboard.press("Enter");
  await reader.page.waitForURL(`${server.url}/form`);
  await reader.page.goBack();

  for (const width of [1100, 320]) {
    await reader.page.setViewportSize({ width, height: 720 });
    await reader.expectSound(`/pages at ${width} px`);
  }
  expect(reader.visitor.complaints).toEqual([]);
});

/** Takes a page in both colours; kept only when FERRULE_PICTURES=keep asks for it. */
async function picture(reader: Reader, name: string): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  for (const colorScheme of ["light", "dark"] as const) {
    await reader.page.emulateMedia({ colorScheme });
    const path = join(FOLDER, `${name}-${colorScheme}.png`);
    await reader.page.screenshot({ ...(keep ? { path } : {}), caret: "hide", animations: "disabled" });
  }
}

browserTest("picture: the index and the form", async (browser) => {
  const reader = await Reader.at(browser, "/pages");
  await picture(reader, "pages");
  await reader.page.goto(`${server.url}/form`);
  await reader.unlimited();
  await reader.name.fill("Ada Lovelace ".repeat(16));
  await reader.message.fill("The engine weaves algebraic patterns <just as> the loom weaves flowers and leaves.");
  await reader.send();
  await picture(reader, "form");
});
