// The pages /workflows and /runs/:id in Chromium against the running Worker: starting, the picture as it grows, streams, cancelling, who sees
// what, by keyboard alone; and, with a log that is told for the purpose, everything that a picture can show, dark and light, wide and narrow.
import type { Browser, BrowserContextOptions } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { browserTest } from "../../harness/chromium";
import { type Server, startServer } from "../../harness/server/server";
import { violations } from "../support/axe";
import { tabTo } from "../support/keyboard";
import { Visitor } from "../support/visitor";

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.[Symbol.asyncDispose]());

/** A guest at the list of runs. */
async function guest(browser: Browser, options: BrowserContextOptions = {}): Promise<Visitor> {
  const visitor = await Visitor.open(browser, `${server.url}/workflows`, options);
  await visitor.press("Continue as guest");
  // the way in has the same heading
  await visitor.page.getByRole("region", { name: "Start one" }).waitFor();
  return visitor;
}

/** Starts a countdown; resolves when its page is there. */
async function countdown({ page }: Visitor, from: number): Promise<void> {
  await page.getByRole("textbox", { name: "Arguments of countdown" }).fill(`[${from}]`);
  await page.getByRole("button", { name: "Start countdown" }).click();
  await page.waitForURL(/\/runs\/wrun_/);
  await page.getByRole("heading", { name: "countdown", level: 1 }).waitFor();
}

const status = ({ page }: Visitor) => page.locator(".run-head .status").textContent();
const lanes = ({ page }: Visitor, kind: string) => page.locator(`.timeline .row.${kind}`).count();

browserTest(
  "a run is started and watched to its end: lanes grow, the stream is read, the result shown",
  async (browser) => {
    const visitor = await guest(browser);
    const { page } = visitor;
    await visitor.reads("No runs yet. Start a workflow above.");
    await page.getByRole("textbox", { name: "Arguments of countdown" }).fill("{}");
    await page.getByRole("button", { name: "Start countdown" }).click();
    await visitor.reads(/Arguments are a list in JSON/);

    await countdown(visitor, 15);
    await expect.poll(() => lanes(visitor, "wait")).toBeGreaterThan(0);
    const early = await lanes(visitor, "step");
    await expect.poll(() => page.locator(".span.waiting").count()).toBeGreaterThan(0);
    await expect.poll(() => status(visitor)).toMatch(/completed/);
    expect(await lanes(visitor, "step")).toBe(16);
    expect(early).toBeLessThan(16);
    expect(await lanes(visitor, "wait")).toBe(15);
    await expect
      .poll(() => page.getByRole("region", { name: "Stream default" }).textContent())
      .toBe(Array.from({ length: 16 }, (_, n) => `${15 - n}\n`).join(""));
    await expect.poll(() => page.getByRole("region", { name: "What the run returned" }).textContent()).toBe("16");
    expect(await page.getByRole("button", { name: "Cancel the run …" }).count()).toBe(0);

    // the list knows it, by status and name, and keeps that in its address
    await page.getByRole("link", { name: "Workflows", exact: true }).click();
    await page.getByRole("link", { name: /countdown.*completed/ }).waitFor();
    await page.getByLabel("Status").selectOption("failed");
    await visitor.reads("No runs like that.");
    await page.reload();
    await visitor.reads("No runs like that.");
    await page.getByLabel("Status").selectOption("completed");
    await page.getByLabel("Workflow", { exact: true }).selectOption("countdown");
    await page.getByRole("link", { name: /countdown.*completed/ }).click();
    await page.waitForURL(/\/runs\/wrun_/);
    await expect.poll(() => lanes(visitor, "step")).toBe(16);
    expect(visitor.complaints).toEqual([]);
    await visitor.context.close();
  },
);

browserTest("a run is cancelled, in every window; a stranger sees none of it", async (browser) => {
  const visitor = await guest(browser);
  await countdown(visitor, 600);
  const address = visitor.page.url();
  const second = await visitor.tab(address);
  await expect.poll(() => lanes(second, "wait")).toBeGreaterThan(0);
  await visitor.press("Cancel the run …");
  await visitor.page.getByRole("dialog").getByRole("button", { name: "Cancel the run" }).click();
  for (const window of [visitor, second]) {
    await expect.poll(() => status(window)).toMatch(/cancelled/);
    await window.reads("The run was cancelled.");
  }
  const stranger = await Visitor.open(browser, address);
  await stranger.press("Continue as guest");
  await stranger.reads("There is no such run");
  await stranger.page.getByRole("link", { name: "All runs" }).click();
  await stranger.reads("No runs yet. Start a workflow above.");
  // the owner's link shows an admin everybody's
  const admin = await Visitor.open(browser, `${address}#admin=${server.adminToken}`);
  await expect.poll(() => status(admin)).toMatch(/cancelled/);
  for (const { complaints } of [visitor, second]) expect(complaints).toEqual([]);
  for (const { context } of [visitor, stranger, admin]) await context.close();
});

browserTest("by keyboard alone: start, walk through the events, cancel", async (browser) => {
  const visitor = await guest(browser, { reducedMotion: "reduce" });
  const { page } = visitor;
  const { keyboard } = page;
  await page.getByRole("textbox", { name: "Arguments of countdown" }).waitFor();
  await page.evaluate(() => document.querySelector<HTMLElement>(".home")!.focus());
  await tabTo(visitor, /^Arguments of countdown$/);
  await keyboard.type("[600]");
  await keyboard.press("Enter");
  await page.waitForURL(/\/runs\/wrun_/);
  await expect.poll(() => lanes(visitor, "wait")).toBeGreaterThan(0);
  await page.evaluate(() => document.querySelector<HTMLElement>(".home")!.focus());
  await tabTo(visitor, /^Run created of countdown, event 1, /);
  const details = page.getByRole("region", { name: "The event" });
  await details.getByRole("heading", { name: /^Run created/ }).waitFor();
  await keyboard.press("ArrowRight");
  await details.getByRole("heading", { name: /^Run started/ }).waitFor();
  await keyboard.press("ArrowDown");
  await details.getByRole("heading", { name: /^Step created tell/ }).waitFor();
  await keyboard.press("ArrowRight");
  await details.getByRole("heading", { name: /^Step started tell/ }).waitFor();
  await keyboard.press("Home");
  await details.getByRole("heading", { name: /^Run created/ }).waitFor();
  await tabTo(visitor, /^Cancel the run/, "Shift+Tab");
  await keyboard.press("Enter");
  await tabTo(visitor, /^Cancel the run$/);
  await keyboard.press("Enter");
  await expect.poll(() => status(visitor)).toMatch(/cancelled/);
  expect(visitor.complaints).toEqual([]);
  await visitor.context.close();
});

const RUN = `wrun_${"0".repeat(26)}`;
const BEGIN = Date.UTC(2026, 0, 2, 3, 4, 5);

/** A log that has everything in it: retries, a failed step, sleeps, hooks, attributes. */
const LOG: readonly (readonly [type: string, at: number, subject?: string | undefined, data?: object])[] = [
  ["run_created", 0],
  ["run_started", 20],
  ["step_created", 30, "s1", { stepName: "step//./app//fetchPage" }],
  ["step_started", 60, "s1", { attempt: 1 }],
  ["step_retrying", 900, "s1", { retryAfter: BEGIN + 2000 }],
  ["step_started", 2000, "s1", { attempt: 2 }],
  ["step_completed", 2600, "s1"],
  ["attr_set", 2700, undefined, { changes: [{ key: "room", value: "lobby" }] }],
  ["step_created", 2800, "s2", { stepName: "step//./app//post" }],
  ["step_started", 2850, "s2", { attempt: 1 }],
  ["step_failed", 3400, "s2"],
  ["wait_created", 3500, "w1", { resumeAt: BEGIN + 9000 }],
  ["hook_created", 3600, "h1", { token: "approve-1" }],
  ["hook_received", 4800, "h1"],
  ["hook_created", 5000, "h2", { token: "web-1", isWebhook: true }],
];

/** Answers for a run that is told for the purpose. */
async function tellRun({ page }: Visitor): Promise<{ readonly resumed: unknown[] }> {
  const resumed: unknown[] = [];
  const json = (value: unknown) => ({ status: 200, contentType: "application/json", body: JSON.stringify(value) });
  const events = LOG.map(([type, at, subject = null, data = {}], index) => {
    const event = { slot: index + 1, type, at: BEGIN + at, subject, data };
    return `id: ${event.slot}\ndata: ${JSON.stringify(event)}\n\n`;
  });
  const name = `strm_${"0".repeat(26)}_user`;
  const stream = "<b>one</b> line that is as long as a line may be, and longer than a telephone is wide\n";
  await page.route(`**/api/workflow/runs/${RUN}`, (route) =>
    route.fulfill(
      json({
        id: RUN,
        name: "approval",
        status: "running",
        deploymentId: "dpl_local_0123456789abcdef",
        otherCode: true,
        mayAct: true,
        attributes: { room: "lobby" },
        events: LOG.length,
        createdAt: BEGIN,
        startedAt: BEGIN + 20,
        completedAt: null,
        lastEventAt: BEGIN + 5000,
      }),
    ),
  );
  const sse = (body: string) => ({ status: 200, contentType: "text/event-stream", body: `retry: 600000\n\n${body}` });
  await page.route(`**/runs/${RUN}/live`, (route) => route.fulfill(sse(events.join(""))));
  await page.route(`**/runs/${RUN}/streams`, (route) => route.fulfill(json({ streams: [{ name, namespace: "" }] })));
  await page.route(`**/runs/${RUN}/streams/*`, (route) =>
    route.fulfill(sse(`id: 0\ndata: ${JSON.stringify(stream)}\n\nevent: end\ndata: null\n\n`)),
  );
  await page.route("**/api/workflow/hooks/*", (route) => {
    resumed.push([new URL(route.request().url()).pathname, route.request().postDataJSON()]);
    return route.fulfill(json({ runId: RUN }));
  });
  return { resumed };
}

browserTest("retries, failures, sleeps and hooks are drawn; a hook is resumed; other code is told", async (browser) => {
  const visitor = await guest(browser);
  const { page } = visitor;
  const { resumed } = await tellRun(visitor);
  await page.goto(`${server.url}/runs/${RUN}`);
  await visitor.reads(/started by other code than runs now/);
  await expect.poll(() => page.locator(".event").count()).toBe(LOG.length);
  expect(await page.locator(".sign.retry").count()).toBe(1);
  expect(await page.locator(".sign.failed").count()).toBe(1);
  expect(await page.locator(".sign.hook").count()).toBe(3);
  expect(await page.locator(".span.waiting").count()).toBe(1);
  await page.getByRole("group", { name: "step fetchPage, completed, 2 attempts" }).waitFor();
  await expect
    .poll(() => page.getByRole("region", { name: "Stream default" }).textContent())
    .toMatch(/^<b>one<\/b> line/);

  await page.getByRole("button", { name: /^Step failed, to be tried again of fetchPage/ }).focus();
  await page.getByRole("region", { name: "The event" }).getByText("Not before").waitFor();

  const form = page.getByRole("form", { name: "Hook approve-1" });
  await form.getByRole("textbox").fill("{");
  await form.getByRole("button", { name: "Resume" }).click();
  await visitor.reads("The payload is no JSON.");
  await form.getByRole("textbox").fill('{"yes": true}');
  await form.getByRole("button", { name: "Resume" }).click();
  await visitor.reads("The hook is resumed.");
  expect(resumed).toEqual([["/api/workflow/hooks/approve-1", { yes: true }]]);
  await visitor.reads(/\.well-known\/workflow\/v1\/webhook\/web-1/);

  // time is drawn out
  const width = () => page.locator(".timeline-top").evaluate((svg) => svg.clientWidth);
  const before = await width();
  await page.getByRole("button", { name: "Draw time further apart" }).click();
  expect(await width()).toBeGreaterThan(1.9 * before);
  expect(visitor.complaints).toEqual([]);
  await visitor.context.close();
});

browserTest("the picture follows the run until somebody looks at an event of it", async (browser) => {
  const visitor = await guest(browser, { viewport: { width: 900, height: 420 } });
  const { page } = visitor;
  await countdown(visitor, 600);
  const picture = page.locator(".timeline");
  const hidden = () => picture.evaluate((box) => [box.scrollTop, box.scrollHeight - box.scrollTop - box.clientHeight]);
  await expect.poll(async () => (await hidden())[0]).toBeGreaterThan(60);
  expect((await hidden())[1]).toBeLessThan(24);
  // what stays at the top is in sight, and can be pressed although lanes lie under it; the run began where it was made
  await page.getByRole("button", { name: /^Run started of countdown/ }).click();
  await page.getByRole("region", { name: "The event" }).getByText("Run started").waitFor();
  const [top] = await hidden();
  const count = await lanes(visitor, "step");
  await expect.poll(() => lanes(visitor, "step")).toBeGreaterThan(count + 1);
  expect((await hidden())[0]).toBe(top);
  // without arrow keys
  await page.getByRole("button", { name: "Previous event" }).click();
  await page.getByRole("region", { name: "The event" }).getByText("Run created").waitFor();
  expect(await page.getByRole("button", { name: /^Run created of countdown/ }).getAttribute("aria-pressed")).toBe(
    "true",
  );
  await visitor.press("Cancel the run …");
  await page.getByRole("dialog").getByRole("button", { name: "Cancel the run" }).click();
  await expect.poll(() => status(visitor)).toMatch(/cancelled/);
  expect(visitor.complaints).toEqual([]);
  await visitor.context.close();
});

browserTest(
  "a log that a server refuses for a while is told from where it was; a run that cannot be seen is looked for again",
  async (browser) => {
    const visitor = await guest(browser);
    const { page } = visitor;
    const refuse = async (pattern: string, times: number) => {
      let left = times;
      await page.route(pattern, (route) =>
        left-- > 0 ? route.fulfill({ status: 503, body: "{}" }) : route.continue(),
      );
    };
    // for longer than a line may be away without a word, and while the run goes on
    await refuse("**/runs/*/live", 4);
    await countdown(visitor, 10);
    await visitor.reads(/^The line is lost/);
    await expect.poll(() => lanes(visitor, "step")).toBe(11);
    await expect.poll(() => status(visitor)).toMatch(/completed/);
    await refuse("**/runs/*/result", 2);
    await page.reload();
    await visitor.reads(/^How the run ended cannot be told: /);
    expect(await status(visitor)).toMatch(/completed/);
    await expect.poll(() => page.getByRole("region", { name: "What the run returned" }).textContent()).toBe("11");
    await expect.poll(() => page.getByText(/cannot be (?:seen|told)/).count()).toBe(0);
    await visitor.context.close();
  },
);

browserTest("whose session ends while a page is open is shown the way in", async (browser) => {
  const visitor = await guest(browser);
  await visitor.context.clearCookies();
  await visitor.press("Continue as guest");
  await visitor.reads("No runs yet. Start a workflow above.");
  await visitor.context.close();
});

browserTest("what cannot be seen is said", async (browser) => {
  const visitor = await guest(browser);
  const { page } = visitor;
  const error = { error: { code: "internal", message: "something went wrong on the server" } };
  await page.route(/\/api\/workflow\/runs\?/, (route) =>
    route.fulfill({ status: 500, contentType: "application/json", body: JSON.stringify(error) }),
  );
  await page.reload();
  await visitor.reads("The runs cannot be seen: something went wrong on the server");
  await page.goto(`${server.url}/runs/nothing-like-a-run`);
  await visitor.reads("There is no such run");
  await visitor.context.close();
});

for (const width of [1280, 320])
  for (const colorScheme of ["light", "dark"] as const)
    browserTest(`axe finds nothing grave on the pages of workflows, ${width} px, ${colorScheme}`, async (browser) => {
      const options = { viewport: { width, height: 760 }, reducedMotion: "reduce", colorScheme } as const;
      const visitor = await guest(browser, options);
      const { page } = visitor;
      const clean = async (what: string) => {
        expect([what, await violations(page)]).toEqual([what, []]);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect([what, wide]).toEqual([what, 0]);
      };
      await visitor.reads("No runs yet. Start a workflow above.");
      await clean("an empty list");
      await countdown(visitor, 0);
      await expect.poll(() => status(visitor)).toMatch(/completed/);
      await clean("a run that is over");
      await page.goto(`${server.url}/workflows`);
      await page.getByRole("link", { name: /countdown/ }).waitFor();
      await clean("a list");
      await tellRun(visitor);
      await page.goto(`${server.url}/runs/${RUN}`);
      await expect.poll(() => page.locator(".event").count()).toBe(LOG.length);
      await page.getByRole("button", { name: /^Step failed of post/ }).focus();
      await clean("everything");
      await visitor.press("Cancel the run …");
      await clean("a dialog");
      await visitor.context.close();
    });
