// The page /kernel in Chromium against the running Worker: who may see it, samples, messages, steps, what is taken back; by pointer and by
// keyboard alone, dark and light, wide and narrow. Its pictures for docs/kernel-page.md are kept when FERRULE_PICTURES=keep asks for it.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Locator } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { browserTest } from "../../harness/chromium";
import { root } from "../../harness/environment";
import { type Server, startServer } from "../../harness/server/server";
import { violations } from "../support/axe";
import { focused, tabTo } from "../support/keyboard";
import { Visitor } from "../support/visitor";

const FOLDER = join(root, "docs/images");
const keep = process.env["FERRULE_PICTURES"] === "keep";

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.[Symbol.asyncDispose]());

/** The page of the owner, at a kernel of its own. */
class Desk {
  readonly visitor: Visitor;

  private constructor(visitor: Visitor) {
    this.visitor = visitor;
  }

  static async open(browser: Browser, kernel: string, options: BrowserContextOptions = {}): Promise<Desk> {
    const address = `${server.url}/kernel?id=${kernel}#admin=${server.adminToken}`;
    const visitor = await Visitor.open(browser, address, { viewport: { width: 1280, height: 800 }, ...options });
    const desk = new Desk(visitor);
    try {
      await visitor.page.getByRole("region", { name: "How the kernel stands" }).waitFor();
    } catch (cause) {
      throw new Error(`no kernel on screen, but: ${await visitor.page.locator("body").ariaSnapshot()}`, { cause });
    }
    return desk;
  }

  get page() {
    return this.visitor.page;
  }
  get panel(): Locator {
    return this.page.getByRole("tabpanel");
  }
  tab(name: string): Promise<void> {
    return this.page.getByRole("tab", { name }).click();
  }
  /** A node of the picture, by the name of what it stands for. */
  node(name: string | RegExp): Locator {
    return this.page.getByRole("button", { name }).and(this.page.locator(".node"));
  }
  /** The box of a vat. */
  vat(name: string): Locator {
    return this.page.locator(".node.vat").filter({ hasText: new RegExp(`^${name} v\\d`, "u") });
  }

  /** Launches a sample and waits until its root is selected. Answers the root's kref. */
  async launch(sample: string): Promise<string> {
    await this.tab("Launch");
    await this.page.getByRole("button", { name: `Launch ${sample}` }).click();
    const heading = this.panel.getByRole("heading", { name: /^Object ko\d+$/ });
    try {
      await heading.waitFor();
    } catch (cause) {
      throw new Error(`${sample} does not run: ${await this.panel.ariaSnapshot()}`, { cause });
    }
    return (await heading.textContent())!.replace("Object ", "").trim();
  }

  /** The root of a vat, found by its box. */
  async rootOf(vat: string): Promise<string> {
    await this.vat(vat).locator(".title").click();
    return (await this.panel
      .getByRole("button", { name: /^ko\d+$/ })
      .first()
      .textContent())!;
  }

  /** Confirms in the dialog, and waits until it is gone: while it stands, what is typed elsewhere is lost. */
  async confirm(action: string): Promise<void> {
    const dialog = this.page.getByRole("dialog");
    await dialog.getByRole("button", { name: action }).click();
    await dialog.waitFor({ state: "detached" });
  }

  /** Selects an object in the picture. */
  async select(kref: string): Promise<void> {
    await this.page.locator(`[data-id="${kref}"] .shape`).click();
    await this.panel.getByRole("heading", { name: `Object ${kref}` }).waitFor();
  }

  async fill(method: string, args: string): Promise<void> {
    await this.panel.getByLabel("Method").fill(method);
    await this.panel.getByLabel(/^Arguments/).fill(args);
    await this.panel.getByRole("button", { name: "Send", exact: true }).click();
  }

  /** Sends a message to what is selected and answers what came of it. */
  async send(method: string, args: string): Promise<string> {
    await this.fill(method, args);
    const answer = this.panel.locator(".answer > :is(.told, .refusal)");
    await answer.waitFor();
    return (await answer.textContent())!;
  }

  /** Stops the kernel, and asks what is selected for something that waits then. */
  async pauseAndAsk(method: string, args: string): Promise<void> {
    await this.page.getByRole("button", { name: "Pause" }).click();
    await this.page.getByText("paused", { exact: true }).waitFor();
    await this.fill(method, args);
    await this.visitor.reads("Waits: the kernel is paused.");
    await this.visitor.reads("1 item in the queue");
  }

  /** Lets one crank happen after another, with the steps open, until a message of this name was delivered. */
  async stepTo(delivered: Locator): Promise<void> {
    const number = () => this.page.locator(".standing .number").textContent().then(Number);
    for (let steps = 0; steps < 9 && (await delivered.count()) === 0; steps += 1) {
      const before = await number();
      await this.page.getByRole("button", { name: "Step", exact: true }).click();
      await this.panel.getByRole("article", { name: `Crank ${before + 1}`, exact: true }).waitFor();
      expect(await number()).toBe(before + 1);
    }
    await delivered.waitFor();
  }

  /** Where everything stands in the picture. */
  places(): Promise<Record<string, string>> {
    return this.page
      .locator(".stage > svg .node")
      .evaluateAll((nodes) =>
        Object.fromEntries(nodes.map((node) => [node.getAttribute("data-id"), node.getAttribute("transform")])),
      );
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
}

browserTest("the page says what makes an admin, and lets the owner in", async (browser) => {
  const visitor = await Visitor.open(browser, `${server.url}/kernel`);
  await visitor.page.getByRole("heading", { name: "Kernel" }).waitFor();
  await visitor.reads("ADMIN_EMAILS");
  expect(await violations(visitor.page)).toEqual([]);
  // a guest is somebody, but no admin
  await visitor.page.evaluate(() =>
    fetch("/api/auth/sign-in/anonymous", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    }),
  );
  await visitor.page.reload();
  await visitor.reads(/who is no admin/);
  await visitor.reads("ADMIN_EMAILS");
  expect(await violations(visitor.page)).toEqual([]);
  await visitor.page.setViewportSize({ width: 320, height: 640 });
  expect(await visitor.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
  await visitor.press("Sign out");
  await visitor.page.getByLabel("E-mail").waitFor();
  await visitor.page.goto(`${server.url}/kernel#admin=${server.adminToken}`);
  await visitor.page.getByRole("region", { name: "How the kernel stands" }).waitFor();
  expect(new URL(visitor.page.url()).hash).toBe("");
  // what was refused is told by the browser itself; nothing else is
  expect(visitor.complaints.filter((one) => !/40[13]/u.test(one))).toEqual([]);
  await visitor.context.close();
});

browserTest(
  "samples are launched, messages sent, refusals told with their codes; nothing in the picture jumps",
  async (browser) => {
    const desk = await Desk.open(browser, "samples");
    const counter = await desk.launch("Counter");
    await desk.vat("counter").waitFor();
    expect(await desk.send("increment", "[]")).toBe("1");
    expect(await desk.send("increment", "[41]")).toBe("42");
    const before = await desk.places();

    expect(await desk.send("increment", "[1,")).toMatch(/^This is not JSON/u);
    expect(await desk.send("decrement", "[]")).toMatch(/^REJECTED: \w*Error: /u);
    expect(await desk.send("increment", '["a"]')).toBe("REJECTED: TypeError: a counter adds whole numbers");

    await desk.launch("Mint and purses");
    const [alice, bob] = [await desk.rootOf("alice"), await desk.rootOf("bob")];
    await desk.select(alice);
    await desk.panel.getByRole("button", { name: "pay" }).click();
    expect(await desk.panel.getByLabel(/^Arguments/).inputValue()).toBe(`[25, {"@": "${bob}"}]`);
    await desk.panel.getByRole("button", { name: "Send", exact: true }).click();
    await desk.panel.getByText("undefined", { exact: true }).waitFor();
    await desk.select(bob);
    expect(await desk.send("balance", "[]")).toBe("25");
    expect(await desk.send("pay", `[26, {"@": "${alice}"}]`)).toBe(
      "REJECTED: RangeError: there is not that much in the purse",
    );
    const held = desk.panel.locator(".facts > div").filter({ hasText: "Held by" });
    await held.getByText(/^mint \(v\d+\)$/).waitFor();
    await desk.panel
      .getByText(/pay\(\)/)
      .first()
      .waitFor();

    // what stood there stands there still
    expect(await desk.places()).toMatchObject(before);

    // what is revoked is refused, and says so wherever it is seen
    await desk.select(counter);
    await desk.panel.getByRole("button", { name: "Revoke …" }).click();
    await desk.confirm("Revoke");
    await desk.panel.getByText("yes, for ever").waitFor();
    expect(await desk.send("read", "[]")).toMatch(/OBJECT_REVOKED/u);
    await desk.node(new RegExp(`^${counter}, .*revoked`, "u")).waitFor();

    // a vat that ends leaves the picture; the rest stays
    await desk.vat("bob").locator(".title").click();
    await desk.panel.getByRole("button", { name: "Terminate …" }).click();
    await desk.confirm("Terminate");
    await expect.poll(() => desk.vat("bob").count()).toBe(0);
    await desk.vat("alice").locator(".title").click();
    await desk.panel.getByRole("button", { name: /^Terminate s\d+ …$/ }).click();
    await desk.confirm("Terminate");
    await expect.poll(() => desk.vat("mint").count()).toBe(0);
    await desk.page.getByRole("button", { name: "Collect garbage" }).click();
    await desk.visitor.reads("Garbage is collected.");
    expect((await desk.places())[counter]).toBe(before[counter]);

    // a configuration that cannot be is refused with its code
    await desk.tab("Launch");
    await desk.page.getByText("Another configuration").click();
    await desk.page
      .getByLabel(/^Configuration/)
      .fill(JSON.stringify({ bootstrap: "x", vats: { x: { bundleName: "nothing-of-this-name" } } }));
    await desk.page.getByRole("button", { name: "Launch it" }).click();
    await desk.panel.getByText(/UNKNOWN_BUNDLE/).waitFor();

    // another kernel knows nothing of this one
    await desk.page.getByLabel("Kernel", { exact: true }).fill("another-one");
    await desk.page.keyboard.press("Enter");
    await expect.poll(() => desk.page.locator(".node.vat").count()).toBe(0);
    expect(new URL(desk.page.url()).search).toBe("?id=another-one");
    expect(desk.visitor.complaints).toEqual([]);
    await desk.visitor.context.close();
  },
);

browserTest("a message is followed from crank to crank, and the kernel is let on crank by crank", async (browser) => {
  const desk = await Desk.open(browser, "steps");
  await desk.launch("Escrow");
  const [mint, alice, bob, escrow] = [
    await desk.rootOf("mint"),
    await desk.rootOf("alice"),
    await desk.rootOf("bob"),
    await desk.rootOf("escrow"),
  ];
  await desk.select(escrow);
  expect(await desk.send("sell", `[{"@": "${mint}"}, 40, {"@": "${alice}"}]`)).toBe("1");

  // stopped: the message waits, and so does its answer
  await desk.pauseAndAsk("buy", `[1, {"@": "${bob}"}]`);
  await desk.tab("Steps");
  const step = desk.panel.getByRole("article");
  const delivered = step.getByRole("heading", { name: new RegExp(`${escrow} ?\\.buy\\(\\)`, "u") });
  await desk.stepTo(delivered);
  // the message and what it sent are drawn
  expect(await desk.page.locator(".way:not(.sent)").count()).toBe(1);
  expect(await desk.page.locator(".way.sent").count()).toBeGreaterThan(0);
  // what it sent has not come yet
  await step.getByText("not delivered yet").first().waitFor();

  await desk.page.getByRole("button", { name: "Resume" }).click();
  await desk.page.getByText("running", { exact: true }).waitFor();
  // by now more has happened: back to the purchase, and on along what it sent
  await desk.page.getByLabel("Which cranks").selectOption("messages");
  await desk.panel.getByRole("button", { name: "Follow" }).click();
  for (let steps = 0; steps < 9 && (await delivered.count()) === 0; steps += 1)
    await desk.panel.getByRole("button", { name: "Previous" }).click();
  await delivered.waitFor();
  await step
    .getByRole("button", { name: /^crank \d+$/ })
    .and(step.locator(".holders button"))
    .first()
    .click();
  await step.getByRole("heading", { name: new RegExp(`${bob} ?\\.pay\\(\\)`, "u") }).waitFor();
  await step.locator(".holders .crank-link").first().click();
  await step.getByRole("heading", { name: new RegExp(`${mint} ?\\.transfer\\(\\)`, "u") }).waitFor();
  // and back to whoever sent it
  await step.locator(".facts > div").filter({ hasText: "Sent by" }).locator(".crank-link").click();
  await step.getByRole("heading", { name: new RegExp(`${bob} ?\\.pay\\(\\)`, "u") }).waitFor();
  await step.getByRole("heading").getByRole("button", { name: bob }).click();
  await desk.panel.getByRole("heading", { name: `Object ${bob}` }).waitFor();
  expect(await desk.send("balance", "[]")).toBe("10");
  expect(desk.visitor.complaints).toEqual([]);
  await desk.visitor.context.close();
});

browserTest("messages fly, but not for whoever wants no movement", async (browser) => {
  for (const reducedMotion of ["no-preference", "reduce"] as const) {
    const desk = await Desk.open(browser, `flights-${reducedMotion}`, { reducedMotion });
    await desk.launch("Counter");
    await desk.page.evaluate(() => {
      const counted = window as unknown as { flights: number };
      counted.flights = 0;
      const animate = Element.prototype.animate;
      Element.prototype.animate = function (...args) {
        counted.flights += 1;
        return animate.apply(this, args);
      };
    });
    expect(await desk.send("increment", "[]")).toBe("1");
    await desk.page.locator(".node.hit").waitFor();
    const flights = await desk.page.evaluate(() => (window as unknown as { flights: number }).flights);
    expect(flights > 0, reducedMotion).toBe(reducedMotion === "no-preference");
    await desk.visitor.context.close();
  }
});

browserTest("the picture is pulled, zoomed and fitted by pointer", async (browser) => {
  const desk = await Desk.open(browser, "camera");
  await desk.launch("Counter");
  const box = () =>
    desk
      .vat("counter")
      .boundingBox()
      .then((found) => found!);
  const first = await box();
  const stage = (await desk.page.locator(".stage > svg").boundingBox())!;
  const [x, y] = [stage.x + 40, stage.y + stage.height - 120];
  await desk.page.mouse.move(x, y);
  await desk.page.mouse.down();
  await desk.page.mouse.move(x + 60, y - 30, { steps: 4 });
  await desk.page.mouse.up();
  const pulled = await box();
  expect([pulled.x - first.x, pulled.y - first.y].map(Math.round)).toEqual([60, -30]);
  await desk.page.mouse.wheel(0, -300);
  expect((await box()).width).toBeGreaterThan(first.width);
  // what was pulled was not pressed
  await desk.panel.getByRole("heading", { name: /^Object/ }).waitFor();
  await desk.page.getByRole("button", { name: "Fit" }).click();
  expect((await box()).x).toBeCloseTo(first.x, 0);
  await desk.visitor.context.close();
});

browserTest("by keyboard alone: launch, walk through the picture, send, step, list", async (browser) => {
  const desk = await Desk.open(browser, "keys", { reducedMotion: "reduce" });
  const { page, visitor } = desk;
  const { keyboard } = page;
  await tabTo(visitor, /^Launch$/);
  await tabTo(visitor, /^Launch Greeter$/);
  await keyboard.press("Enter");
  await desk.panel.getByRole("heading", { name: /^Object ko\d+$/ }).waitFor();

  // the picture is one stop, the arrows walk in it
  await page.evaluate(() => document.querySelector<HTMLElement>(".home")!.focus());
  await tabTo(visitor, /^ko\d+, object of v\d+, root/);
  const seen = new Set<string>();
  for (const key of ["ArrowRight", "ArrowRight", "ArrowLeft", "ArrowUp", "ArrowLeft", "ArrowLeft"]) {
    await keyboard.press(key);
    const stop = await focused(visitor);
    expect(stop.visible).toBe(true);
    seen.add(stop.name);
  }
  expect(seen.size).toBeGreaterThan(2);
  await keyboard.press("Escape");
  await visitor.reads(/^Select a vat/);
  const before = await page.locator(".stage > svg > g").getAttribute("transform");
  for (const key of ["+", "-", "-", "Shift+ArrowLeft"]) await keyboard.press(key);
  expect(await page.locator(".stage > svg > g").getAttribute("transform")).not.toBe(before);
  await keyboard.press("0");
  expect(await page.locator(".stage > svg > g").getAttribute("transform")).toBe(before);
  const ann = await desk.vat("ann").getAttribute("data-id");
  await page.evaluate((id) => document.querySelector<SVGElement>(`[data-id="${id}"]`)!.focus(), ann);
  await keyboard.press("Enter");
  await desk.panel.getByRole("heading", { name: `Vat ann ${ann}` }).waitFor();
  await tabTo(visitor, /^ko\d+$/);
  await keyboard.press("Enter");
  await desk.panel.getByRole("heading", { name: /^Object ko\d+$/ }).waitFor();
  await tabTo(visitor, /^greetAll$/);
  await keyboard.press("Enter");
  await tabTo(visitor, /^Send$/);
  await keyboard.press("Enter");
  await desk.panel.getByText('["ahoy, Ann"]').waitFor();

  await page.getByRole("tab", { name: "Selected" }).focus();
  await keyboard.press("ArrowRight");
  expect((await focused(visitor)).name).toBe("Steps");
  await tabTo(visitor, /^Previous$/);
  const crank = () => desk.panel.getByRole("article").getAttribute("aria-label");
  const last = await crank();
  await keyboard.press("ArrowLeft");
  await expect.poll(crank).not.toBe(last);
  await keyboard.press("ArrowRight");
  await expect.poll(crank).toBe(last);

  // the list says the same as the picture
  await page.getByRole("radio", { name: "Graph" }).focus();
  await keyboard.press("ArrowRight");
  const vats = page.getByRole("table", { name: /^Vats/ });
  await vats.waitFor();
  expect((await vats.getByRole("rowheader").allTextContents()).sort()).toEqual([
    expect.stringMatching(/^ann \(v\d+\)$/),
    expect.stringMatching(/^bob \(v\d+\)$/),
  ]);
  await page.getByRole("table", { name: /^Objects/ }).waitFor();
  expect(visitor.complaints).toEqual([]);
  await visitor.context.close();
});

for (const width of [1280, 320]) {
  browserTest(`axe finds nothing grave on the page /kernel at ${width} px`, async (browser) => {
    const desk = await Desk.open(browser, `axe-${width}`, {
      viewport: { width, height: 760 },
      reducedMotion: "reduce",
    });
    await desk.tab("Launch");
    await desk.clean("an empty kernel");
    const greeter = await desk.launch("Greeter");
    await desk.clean("an object");
    expect(await desk.send("nothing", "[]")).toMatch(/REJECTED/u);
    await desk.clean("a refusal");
    await desk.panel.getByRole("button", { name: "Revoke …" }).click();
    await desk.clean("dialog");
    await desk.page.keyboard.press("Escape");
    await desk.vat("bob").locator(".title").click();
    await desk.clean("a vat");
    await desk.page.locator('[data-id="outside"] .title').click();
    await desk.clean("outside");
    await desk.tab("Steps");
    await desk.clean("steps");
    await desk.page.getByText("Signs", { exact: true }).click();
    await desk.clean("signs");
    await desk.page.getByText("Signs", { exact: true }).click();
    await desk.page.getByText("List", { exact: true }).click();
    await desk.page
      .getByRole("table", { name: /^Objects/ })
      .getByRole("button", { name: greeter })
      .click();
    await desk.clean("list");
    await desk.visitor.context.close();
  });
}

browserTest("picture: the page /kernel, light and dark", async (browser) => {
  const desk = await Desk.open(browser, "picture", {
    viewport: { width: 1280, height: 720 },
    reducedMotion: "reduce",
  });
  await desk.launch("Counter");
  await desk.launch("Escrow");
  const [mint, alice, bob, escrow] = [
    await desk.rootOf("mint"),
    await desk.rootOf("alice"),
    await desk.rootOf("bob"),
    await desk.rootOf("escrow"),
  ];
  await desk.select(escrow);
  await desk.send("sell", `[{"@": "${mint}"}, 40, {"@": "${alice}"}]`);
  await desk.pauseAndAsk("buy", `[1, {"@": "${bob}"}]`);
  await desk.tab("Steps");
  const paying = desk.panel.getByRole("heading", { name: new RegExp(`${bob} ?\\.pay\\(\\)`, "u") });
  await desk.stepTo(paying);
  mkdirSync(FOLDER, { recursive: true });
  for (let news = await desk.page.locator(".toast").count(); news > 0; news -= 1)
    await desk.page.getByRole("button", { name: "Dismiss" }).first().click();
  await desk.page.mouse.move(0, 0);
  for (const colorScheme of ["light", "dark"] as const) {
    await desk.page.emulateMedia({ colorScheme });
    const path = join(FOLDER, `kernel-${colorScheme}.png`);
    await desk.page.screenshot({ ...(keep ? { path } : {}), caret: "hide", animations: "disabled" });
  }
  await desk.visitor.context.close();
});
