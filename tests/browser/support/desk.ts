// The page /operations in front of the owner, and trouble to be seen on it.
import { randomBytes } from "node:crypto";
import { encode } from "@ferrule/core";
import type { Browser, BrowserContextOptions, Locator } from "playwright-core";
import { expect } from "vitest";
import { call, type Guest, guest } from "../../harness/people";
import type { Server } from "../../harness/server/server";
import { violations } from "./axe";
import { account, openRoom, post } from "./cast";
import { Visitor } from "./visitor";

type Served = Pick<Server, "url" | "adminToken">;

/** The page of the owner. */
export class Desk {
  readonly visitor: Visitor;

  private constructor(visitor: Visitor) {
    this.visitor = visitor;
  }

  static async open(browser: Browser, server: Served, query = "", options: BrowserContextOptions = {}): Promise<Desk> {
    const address = `${server.url}/operations${query}#admin=${server.adminToken}`;
    const visitor = await Visitor.open(browser, address, { viewport: { width: 1280, height: 800 }, ...options });
    const desk = new Desk(visitor);
    try {
      await desk.page.getByText("live", { exact: true }).waitFor();
    } catch (cause) {
      throw new Error(`no figures on screen, but: ${await visitor.page.locator("body").ariaSnapshot()}`, { cause });
    }
    return desk;
  }

  get page() {
    return this.visitor.page;
  }
  get panel(): Locator {
    return this.page.getByRole("complementary", { name: "Details" });
  }
  /** The number of a tile. */
  async figure(name: string): Promise<number> {
    const text = await this.tile(name).locator(".ops-tile-number").textContent();
    return Number(text?.replaceAll(",", ""));
  }
  tile(name: string): Locator {
    return this.page.getByRole("list", { name: "Figures" }).getByRole("link", { name: new RegExp(`^${name}`) });
  }
  async part(name: string): Promise<void> {
    await this.page.getByRole("navigation", { name: "Parts" }).getByRole("link", { name, exact: true }).click();
    await this.page.getByRole("heading", { name, level: 2 }).waitFor();
  }
  row(list: string, text: string | RegExp): Locator {
    return this.page.getByRole("list", { name: list, exact: true }).getByRole("listitem").filter({ hasText: text });
  }
  async confirm(action: string, word?: string): Promise<void> {
    const dialog = this.page.getByRole("dialog");
    if (word !== undefined) {
      expect(await dialog.getByRole("button", { name: action, exact: true }).isDisabled()).toBe(true);
      await dialog.getByRole("textbox").fill(word);
    }
    await dialog.getByRole("button", { name: action, exact: true }).click();
    await dialog.waitFor({ state: "detached" });
  }

  /** Nothing grave, and nothing that reaches out of the page sideways, in either colour. */
  async clean(where: string): Promise<void> {
    for (const colorScheme of ["light", "dark"] as const) {
      await this.page.emulateMedia({ colorScheme });
      expect(await violations(this.page), `${where}, ${colorScheme}`).toEqual([]);
      const beyond = await this.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(beyond, `${where} reaches out of the page`).toBe(0);
    }
  }

  async end(): Promise<void> {
    expect(this.visitor.complaints.filter((one) => !/status of 4\d\d/u.test(one))).toEqual([]);
    await this.visitor.context.close();
  }
}

/** Somebody who reads nothing of what comes: the window stays full. Resolves when the room has greeted. */
export async function slowReader(
  server: Served,
  room: string,
  who: Guest,
): Promise<{ closed: () => number | undefined; end: () => void }> {
  const { ticket, url } = await call<{ ticket: string; url: string }>(
    server.url,
    `/api/rooms/${room}/ticket`,
    who,
    undefined,
    "POST",
  );
  const socket = new WebSocket(url, ["ferrule.v1", `ferrule.ticket.${ticket}`]);
  let code: number | undefined;
  socket.addEventListener("close", (event) => {
    code = event.code;
  });
  const greeted = new Promise<void>((resolve, reject) => {
    socket.addEventListener("message", () => resolve(), { once: true });
    socket.addEventListener("error", () => reject(new Error("no socket")), { once: true });
  });
  await new Promise((resolve) => socket.addEventListener("open", resolve, { once: true }));
  const body = { epoch: new Uint8Array(8), lastSeq: 0, features: 0, maxFrame: 65_536, client: "slow/1" };
  socket.send(Uint8Array.from(encode({ kind: "HELLO", body })));
  await greeted;
  return { closed: () => code, end: () => socket.close() };
}

/** A room with a reader that is behind. */
export async function trouble(server: Served, title: string) {
  const writer = await account(server.url, `Writer of ${title}`);
  const reader = await guest(server.url);
  const room = await openRoom(server.url, title, writer, [reader]);
  const socket = await slowReader(server, room, reader);
  // what can be compressed would be too short
  for (let n = 0; n < 8; n += 1) await post(server.url, room, writer, randomBytes(3_000).toString("base64"));
  return { room, writer, reader, socket };
}
