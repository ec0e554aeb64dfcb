// Somebody who uses the page: enters, writes, reads, loses the line. What is seen is read off the screen alone.
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page, WebSocketRoute } from "playwright-core";
import { expect } from "vitest";

/** How long (ms) something may take to be seen. */
const SEEN_MS_MAX = 60_000;

/** After so long (ms) a hidden tab makes somebody away (web/src/chat/use-presence.ts). */
const AWAY_MS = 60_000;

export class Visitor {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What the browser complained about: errors, refusals of the content security policy. */
  readonly complaints: string[] = [];
  /** Every socket of the page, on its way to the server. */
  readonly #sockets = new Set<WebSocketRoute>();
  #deaf = false;

  private constructor(context: BrowserContext, page: Page) {
    this.context = context;
    this.page = page;
    page.setDefaultTimeout(SEEN_MS_MAX);
    page.on("pageerror", (error) => this.complaints.push(error.message));
    page.on("console", (line) => {
      // A lost line is no fault of the page's; everything else that reaches the console as an error is.
      if (line.type() === "error" && !/net::ERR_|WebSocket connection/u.test(line.text()))
        this.complaints.push(line.text());
    });
  }

  /** Opens an address in a browser profile of its own. */
  static async open(browser: Browser, address: string, options: BrowserContextOptions = {}): Promise<Visitor> {
    const context = await browser.newContext({ viewport: { width: 1100, height: 720 }, ...options });
    return Visitor.#at(context, address);
  }

  /** Opens an address in another tab of the same browser: the same person. */
  tab(address: string): Promise<Visitor> {
    return Visitor.#at(this.context, address);
  }

  static async #at(context: BrowserContext, address: string): Promise<Visitor> {
    const visitor = new Visitor(context, await context.newPage());
    await visitor.page.routeWebSocket(/./, (socket) => {
      const server = socket.connectToServer();
      server.onMessage((message) => {
        if (!visitor.#deaf) socket.send(message);
      });
      visitor.#sockets.add(socket);
    });
    await visitor.page.goto(address);
    return visitor;
  }

  /** Opens an address and enters as a guest, with one click. */
  static async guest(browser: Browser, address: string, options?: BrowserContextOptions): Promise<Visitor> {
    const visitor = await Visitor.open(browser, address, options);
    await visitor.page.getByRole("button", { name: "Continue as guest" }).click();
    await visitor.entered();
    return visitor;
  }

  get log(): Locator {
    return this.page.getByRole("log");
  }
  get composer(): Locator {
    return this.page.getByRole("textbox", { name: /^Message / });
  }

  /** Resolves when a room is on screen with what was said before. */
  async entered(): Promise<void> {
    try {
      await this.log.and(this.page.locator("[aria-busy=false]")).waitFor();
    } catch (cause) {
      throw new Error(`no room on screen, but: ${await this.page.locator("body").ariaSnapshot()}`, { cause });
    }
  }

  /** The name that the page shows for the person themselves. */
  async name(): Promise<string> {
    return (await this.page.locator(".who-name").textContent()) ?? "";
  }

  /** Opens the list of people. */
  async openPeople(): Promise<Locator> {
    const panel = this.page.getByRole("complementary", { name: "People" });
    if ((await panel.count()) === 0) await this.page.getByRole("button", { name: /^People/ }).click();
    await panel.waitFor();
    return panel;
  }

  /** Plays a tab that is hidden, or looked at again: headless Chromium shows every tab. */
  async hide(hidden: boolean): Promise<void> {
    await this.page.evaluate(
      (state) => {
        Object.defineProperty(document, "visibilityState", { configurable: true, get: () => state });
        document.dispatchEvent(new Event("visibilitychange"));
      },
      hidden ? "hidden" : "visible",
    );
  }

  /** Hides the tab; the time after which somebody counts as away passes at once. */
  async goAway(): Promise<void> {
    await this.page.evaluate((awayMs) => {
      const { setTimeout } = window;
      const hasten = (f: TimerHandler, ms?: number) => setTimeout(f, ms === awayMs ? 0 : ms);
      Object.assign(window, { setTimeout: hasten });
    }, AWAY_MS);
    await this.hide(true);
  }

  /** How far (px) the log is from its end. */
  missing(): Promise<number> {
    return this.log.evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight);
  }

  /** Writes and presses Enter. */
  async say(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.composer.press("Enter");
  }

  /** The message with this text. */
  message(text: string | RegExp): Locator {
    return this.page.getByRole("article").filter({ hasText: text });
  }

  /** Chooses a line of the menu of a message. */
  async act(text: string, line: string): Promise<void> {
    const message = this.message(text);
    await message.hover();
    await message.getByRole("button", { name: "More actions" }).click();
    await this.page.getByRole("menuitem", { name: line, exact: true }).click();
  }

  /** Chooses a line of the menu of the room. */
  async chooseOfRoom(line: RegExp): Promise<void> {
    await this.page.getByRole("button", { name: /what to do with this room$/ }).click();
    await this.page.getByRole("menuitem", { name: line }).click();
  }

  /** The emoji under a message, each with its count. */
  reactions(text: string): Promise<string[]> {
    return this.message(text).locator(".reaction:not(.add)").allTextContents();
  }

  /** Presses a button of this name, wherever it is. */
  press(name: string | RegExp): Promise<void> {
    return this.page.getByRole("button", { name, ...(typeof name === "string" ? { exact: true } : {}) }).click();
  }

  /** Asks the open search panel, whatever it was asked before, and resolves to what is found when the server has answered. */
  async search(words: string): Promise<string[]> {
    const panel = this.page.getByRole("complementary", { name: "Search" });
    const field = panel.getByRole("searchbox");
    const answer = this.page.waitForResponse((response) => new URL(response.url()).pathname.endsWith("/search"));
    await field.fill("");
    await field.fill(words);
    await answer;
    await panel.locator(".panel-list[aria-busy=false]").waitFor();
    return panel.locator(".found").allTextContents();
  }

  /** How much of a room the server takes for unread by this person. */
  unread(room: string): Promise<number> {
    return this.page.evaluate(async (id) => {
      const { rooms } = await (await fetch("/api/rooms?mine=1&limit=100")).json();
      return rooms.find((one: { id: string }) => one.id === id).unread;
    }, room);
  }

  /** Every message on screen, top to bottom. */
  texts(): Promise<string[]> {
    return this.page.locator("article .text").allTextContents();
  }

  /** Waits until exactly these stand in the log, in this order, all of them stored. */
  async sees(texts: readonly string[]): Promise<void> {
    await expect.poll(() => this.texts(), { timeout: SEEN_MS_MAX }).toEqual(texts);
    await expect.poll(() => this.page.locator("article.pending").count(), { timeout: SEEN_MS_MAX }).toBe(0);
  }

  /** Loses the line: open sockets end (Chromium leaves them alone when it plays offline), and nothing new gets through. */
  async goOffline(): Promise<void> {
    await this.context.setOffline(true);
    for (const socket of this.#sockets) await socket.close();
    this.#sockets.clear();
    await this.reads(/^Offline/);
  }

  /** From now on nothing that the server says arrives, while what is sent does: the worst moment to lose the line. */
  goDeaf(): void {
    this.#deaf = true;
  }

  /** Has the line back. */
  async goOnline(): Promise<void> {
    this.#deaf = false;
    await this.context.setOffline(false);
  }

  /** Waits for a text anywhere on the page. */
  async reads(text: string | RegExp): Promise<void> {
    await this.page.getByText(text).first().waitFor();
  }
}
