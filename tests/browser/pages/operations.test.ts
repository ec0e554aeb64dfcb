// The page /operations in Chromium against the running Worker, with real trouble: messages that no consumer takes, an outage that loses
// what rooms send, a reader that does not keep up, a writer that is too fast. Each number changes and each repair works, by pointer and by
// keyboard. Its pictures for docs/operations.md are kept when FERRULE_PICTURES=keep asks for it.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { browserTest } from "../../harness/chromium";
import { root } from "../../harness/environment";
import { call, type Guest, guest } from "../../harness/people";
import { type Server, startServer } from "../../harness/server/server";
import { violations } from "../support/axe";
import { account, addressOf, openRoom, PASSWORD, post } from "../support/cast";
import { Desk, slowReader, trouble } from "../support/desk";
import { focused, tabTo } from "../support/keyboard";
import { Visitor } from "../support/visitor";

const FOLDER = join(root, "docs/images");
const keep = process.env["FERRULE_PICTURES"] === "keep";
/** What was sent so long ago (ms) may be sent again (rooms/log/outbox.ts). */
const ON_ITS_WAY_MS = 10_000;

let server: Server;
let owner: Guest;
beforeAll(async () => {
  // figures soon, and a window that is soon full
  server = await startServer({ vars: { TOTALS_MS: "300", ARCHIVE_FLUSH_MS: "100", WINDOW_SOFT_BYTES: "20000" } });
  owner = { token: server.adminToken, userId: "", name: "the owner" };
});
afterAll(() => server?.[Symbol.asyncDispose]());

const admin = <T>(path: string, body?: unknown, method?: string) =>
  call<T>(server.url, `/api/admin/${path}`, owner, body, method);

/** From now on every queue loses what it is given; or none does any more. */
const lose = (lost: boolean) => call(server.url, "/api/local/queue", undefined, { twice: false, shuffle: false, lost });

/** A message for the dead-letter queue, as the archive's queue would hand it over. */
const poison = (room: string) => admin("queues/ferrule-archive-dead", { v: 99, room, note: "nobody understands this" });

/** So many messages at once that some are refused. */
const postFast = (room: string, writer: Guest) =>
  Promise.all(Array.from({ length: 30 }, (_, n) => post(server.url, room, writer, `fast ${n}`).catch(() => undefined)));

browserTest("OP22 the page says what makes an admin, and lets the owner in", async (browser) => {
  const visitor = await Visitor.open(browser, `${server.url}/operations`);
  await visitor.page.getByRole("heading", { name: "Operations" }).waitFor();
  await visitor.reads("ADMIN_EMAILS");
  await visitor.reads("/operations#admin=TOKEN");
  expect(await violations(visitor.page)).toEqual([]);
  await visitor.page.evaluate(() =>
    fetch("/api/auth/sign-in/anonymous", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    }),
  );
  await visitor.page.reload();
  await visitor.reads(/who is no admin/);
  expect(await visitor.page.getByRole("list", { name: "Figures" }).count()).toBe(0);
  await visitor.page.setViewportSize({ width: 320, height: 640 });
  expect(await visitor.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
  expect(await violations(visitor.page)).toEqual([]);
  await visitor.press("Sign out");
  await visitor.page.getByLabel("E-mail").waitFor();
  await visitor.page.goto(`${server.url}/operations#admin=${server.adminToken}`);
  await visitor.reads("live");
  expect(new URL(visitor.page.url()).hash).toBe("");
  await visitor.context.close();
});

browserTest("OP23 what no consumer takes becomes a dead letter: looked at, replayed, thrown away", async (browser) => {
  const desk = await Desk.open(browser, server);
  const before = await desk.figure("Dead letters");
  await poison("poisoned-room");
  await expect.poll(() => desk.figure("Dead letters")).toBe(before + 1);
  await desk.visitor.reads(/^Needs a look: .*dead letter/);
  await desk.tile("Dead letters").click();
  const letter = desk.row("Dead letters", "poisoned-room");
  await letter.getByRole("link", { name: /^Dead letter / }).click();
  await desk.panel.getByRole("heading", { name: "Dead letter", exact: true }).waitFor();
  await expect.poll(() => desk.panel.getByRole("region", { name: "Its body" }).textContent()).toMatch(/"v": 99/);
  await desk.panel.getByText(/its `v` is not understood/).waitFor();
  await desk.panel.getByRole("button", { name: /^Replay the dead letter/ }).click();
  await desk.visitor.reads("It is in the queue ferrule-archive again.");
  await expect.poll(() => desk.figure("Dead letters")).toBe(before);
  await desk.panel.getByText("replayed", { exact: false }).first().waitFor();
  await desk.visitor.reads("No dead letter waits.");
  await desk.page.getByLabel("Only those that were not replayed").uncheck();
  await desk
    .row("Dead letters", "poisoned-room")
    .getByRole("button", { name: /^Discard/ })
    .click();
  await desk.clean("asked before discarding");
  await desk.confirm("Discard");
  await desk.visitor.reads("The dead letter is discarded.");
  await expect.poll(() => desk.row("Dead letters", "poisoned-room").count()).toBe(0);
  await desk.panel.getByText("There is no such thing (any more).").waitFor();

  // what the queue of workflows does not understand goes the whole way by itself, and comes back when it is replayed
  await admin("queues/ferrule-workflow", { nobody: "knows this" });
  await admin("queues/ferrule-workflow", { nor: "this" });
  await desk.page.getByLabel("Only those that were not replayed").check();
  await desk.page.getByLabel("Queue", { exact: true }).selectOption("ferrule-workflow");
  await desk.page.getByRole("button", { name: "Replay all of ferrule-workflow (2)" }).click();
  await desk.visitor.reads("2 dead letters went back into ferrule-workflow.");
  await expect.poll(async () => (await admin<{ letters: unknown[] }>("dead-letters")).letters.length).toBe(4);
  await desk.part("Audit");
  await desk.row("Audit", "discarded a dead letter").getByText("ferrule-archive").waitFor();
  expect(await desk.row("Audit", "replayed a dead letter").count()).toBe(3);
  // nothing is left for the tests that follow
  const { letters } = await admin<{ letters: { id: string }[] }>("dead-letters");
  for (const { id } of letters) await admin(`dead-letters/${id}`, undefined, "DELETE");
  await desk.end();
});

browserTest("OP24 an outage that loses what rooms send: the lag is seen, and the room sends again", async (browser) => {
  const writer = await account(server.url, "Writer of the outage");
  const room = await openRoom(server.url, "In the outage", writer);
  const socket = await slowReader(server, room, writer);
  const desk = await Desk.open(browser, server);
  await lose(true);
  for (let n = 1; n <= 3; n += 1) await post(server.url, room, writer, `lost ${n}`);
  await expect.poll(() => desk.figure("Not archived")).toBeGreaterThanOrEqual(3);
  const began = Date.now();
  await desk.tile("Not archived").click();
  await desk.page.getByRole("link", { name: /entries not archived in In the outage$/ }).click();
  await desk.panel.getByRole("heading", { name: "In the outage" }).waitFor();
  await desk.panel
    .getByRole("region", { name: /^Batches/ })
    .getByText(/sent .*ago|sent just now/)
    .first()
    .waitFor();
  await lose(false);
  // what was sent a moment ago is on its way, for all that anybody knows
  await desk.page.waitForTimeout(Math.max(0, began + ON_ITS_WAY_MS + 2_000 - Date.now()));
  await desk.panel.getByRole("button", { name: "Send to the archive again" }).click();
  await desk.visitor.reads(/^\d+ batch(?:es are| is) sent again\.$/);
  await desk.panel.getByText("The archive has reported all that was sent.").waitFor();
  await expect.poll(() => desk.figure("Not archived")).toBe(0);
  // twice is once: nothing waits any more
  await desk.panel.getByRole("button", { name: "Send to the archive again" }).click();
  await desk.visitor.reads("Nothing waits that is not on its way.");

  // a writer that is too fast: refused, counted, drawn, and found by the code
  await postFast(room, writer);
  await expect.poll(() => desk.figure("Refused")).toBeGreaterThan(0);
  await desk.tile("Refused").click();
  const graph = desk.page.getByRole("img", { name: /^rate limited: \d+ since/ });
  await expect.poll(() => graph.locator("rect").count()).toBeGreaterThan(0);
  await desk.page.getByRole("link", { name: "rate limited" }).click();
  await desk.page.getByRole("link", { name: /refusals in In the outage$/ }).click();
  await desk.panel.getByRole("region", { name: "Limits hit in the room" }).getByText("rate limited").waitFor();

  // the room is closed and opened again
  await desk.panel.getByRole("button", { name: "Close the room …" }).click();
  await desk.confirm("Close it");
  await desk.panel.getByRole("button", { name: "Reopen the room" }).waitFor();
  await expect(post(server.url, room, writer, "too late")).rejects.toThrow(/room_closed|rate_limited/);
  await desk.panel.getByRole("button", { name: "Reopen the room" }).click();
  await desk.panel.getByRole("button", { name: "Close the room …" }).waitFor();
  await desk.panel.getByRole("link", { name: "its audit" }).click();
  await desk.row("Audit", "reopened the room").waitFor();
  await desk.row("Audit", "closed the room").first().waitFor();
  expect(await desk.row("Audit", "had the archive sent again").count()).toBeGreaterThan(0);
  socket.end();
  await desk.end();
});

browserTest("OP25 a reader that does not keep up is found and disconnected, by keyboard alone", async (browser) => {
  const { room, socket } = await trouble(server, "Too fast for one");
  const desk = await Desk.open(browser, server, "", { reducedMotion: "reduce" });
  const { visitor, page } = desk;
  await expect.poll(() => desk.figure("Slow consumers")).toBe(1);
  await page.evaluate(() => document.querySelector<HTMLElement>(".home")!.focus());
  await tabTo(visitor, /^Slow consumers 1/);
  await page.keyboard.press("Enter");
  expect((await focused(visitor)).name).toBe("Slow consumers");
  // first where: the room opens beside, and Escape leads back
  await tabTo(visitor, /^Too fast for one$/);
  await page.keyboard.press("Enter");
  await desk.panel.getByRole("heading", { name: "Too fast for one" }).waitFor();
  expect((await focused(visitor)).name).toBe("Details");
  expect(new URL(page.url()).searchParams.get("room")).toBe(room);
  await page.keyboard.press("Escape");
  await expect.poll(() => desk.panel.count()).toBe(0);
  expect((await focused(visitor)).name).toBe("Too fast for one");
  await tabTo(visitor, /^Disconnect /);
  await page.keyboard.press("Enter");
  await visitor.reads(/ is disconnected\.$/);
  await expect.poll(() => socket.closed()).toBe(4011);
  await expect.poll(() => desk.figure("Slow consumers")).toBe(0);
  await visitor.reads("Everybody keeps up.");
  await desk.end();
});

browserTest("OP26 somebody is found, signed out, disabled, enabled, deleted", async (browser) => {
  const person = await account(server.url, "Troublesome Tom");
  const signIn = () =>
    fetch(`${server.url}/api/auth/sign-in/email`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: server.url },
      body: JSON.stringify({ email: addressOf(person.name), password: PASSWORD }),
    }).then(({ status }) => status);
  const desk = await Desk.open(browser, server, "?at=users");
  await desk.page.getByLabel("Name, e-mail or id").fill("troublesome");
  await desk.page.keyboard.press("Enter");
  await desk.page.getByRole("link", { name: "Troublesome Tom" }).click();
  await desk.panel.getByRole("heading", { name: "Troublesome Tom" }).waitFor();
  await desk.panel.getByRole("button", { name: "Sign out everywhere" }).click();
  await desk.visitor.reads("Troublesome Tom is signed out: 1 session.");
  await desk.panel.getByText("Signed in nowhere.").waitFor();
  await desk.panel.getByRole("button", { name: "Disable …" }).click();
  await desk.confirm("Disable");
  await desk.panel.getByText("disabled", { exact: true }).waitFor();
  expect(await signIn()).toBe(403);
  await desk.panel.getByRole("button", { name: "Enable", exact: true }).click();
  await desk.panel.getByRole("button", { name: "Disable …" }).waitFor();
  expect(await signIn()).toBe(200);

  // his end is begun, and a queue that loses everything keeps it unfinished
  await lose(true);
  await desk.panel.getByRole("button", { name: "Delete …" }).click();
  await desk.confirm("Delete the account", addressOf(person.name));
  await desk.visitor.reads(/^The account of Troublesome Tom is deleted/);
  await desk.panel.getByText("There is no such thing (any more).").waitFor();
  expect(await signIn()).toBe(401);
  await expect.poll(() => desk.figure("Chores")).toBe(1);
  await lose(false);
  await desk.tile("Chores").click();
  await desk
    .row("Chores", person.userId)
    .getByRole("button", { name: /^Begin the chore/ })
    .click();
  await desk.visitor.reads("The chore is begun again.");
  await desk.visitor.reads("All work that was begun is finished.");
  await expect.poll(() => desk.figure("Chores")).toBe(0);
  await desk.part("Audit");
  for (const doing of ["deleted the account", "signed out", "disabled", "enabled", "began a chore again"])
    await desk.row("Audit", doing).first().waitFor();
  await desk.end();
});

browserTest("OP27 a run that lost its message is woken; the figures say when they are old", async (browser) => {
  const starter = await guest(server.url);
  await lose(true);
  const { runId } = await call<{ runId: string }>(server.url, "/api/workflow/countdown/runs", starter, { args: [0] });
  await lose(false);
  const run = await call<object>(server.url, `/api/workflow/runs/${runId}`, starter);
  const desk = await Desk.open(browser, server);
  // the watchdog would call it stuck in two minutes: it is told so now, and all else is real
  let stuck = true;
  await desk.page.route("**/api/admin/runs/stuck", (route) =>
    route.fulfill({
      status: 200,
      contentType: "application/json",
      body: JSON.stringify({ runs: stuck ? [run] : [], more: false }),
    }),
  );
  await expect.poll(() => desk.figure("Stuck runs")).toBe(1);
  await desk.tile("Stuck runs").click();
  await desk
    .row("Stuck runs", "countdown")
    .getByRole("button", { name: `Wake the run ${runId}` })
    .click();
  await desk.visitor.reads("The run is woken.");
  const status = async () =>
    (await call<{ status: string }>(server.url, `/api/workflow/runs/${runId}`, starter)).status;
  await expect.poll(status).toBe("completed");
  stuck = false;
  await expect.poll(() => desk.page.getByText("No run is stuck.").count()).toBe(1);

  await desk.page.route("**/api/admin/now", (route) => route.abort());
  await desk.visitor.reads(/^stale: last answer/);
  await desk.visitor.reads(/^The figures are old: /);
  await desk.page.unroute("**/api/admin/now");
  await desk.visitor.reads("live");
  // whoever is signed out meanwhile is shown the way in
  await desk.visitor.context.clearCookies();
  await desk.page.getByLabel("E-mail").waitFor();
  await desk.visitor.context.close();
});

const PARTS = [
  "Now",
  "Rooms",
  "Slow consumers",
  "Dead letters",
  "Runs",
  "Users",
  "Chores",
  "Files",
  "Kernels",
  "Audit",
];

for (const width of [1280, 320]) {
  browserTest(`OP28 axe finds nothing grave on the page /operations at ${width} px`, async (browser) => {
    const { room, reader, socket } = await trouble(server, `Wide ${width}`);
    await poison(room);
    const options = { viewport: { width, height: 760 }, reducedMotion: "reduce" } as const;
    const desk = await Desk.open(browser, server, "", options);
    await expect.poll(() => desk.figure("Slow consumers")).toBeGreaterThan(0);
    for (const part of PARTS) {
      await desk.part(part);
      await desk.page.waitForTimeout(300);
      await desk.clean(part);
    }
    await desk.page.goto(`${server.url}/operations?at=rooms&room=${room}`);
    await desk.panel.getByRole("button", { name: /^Disconnect/ }).waitFor();
    await desk.clean("a room");
    await desk.page.goto(`${server.url}/operations?at=users&user=${reader.userId}`);
    await desk.panel.getByRole("button", { name: "Delete …" }).click();
    await desk.clean("asked before deleting");
    await desk.page.keyboard.press("Escape");
    await desk.page.goto(`${server.url}/operations?at=letters&of=${room}`);
    await desk
      .row("Dead letters", room)
      .getByRole("link", { name: /^Dead letter / })
      .click();
    await desk.panel.getByRole("region", { name: "Its body" }).waitFor();
    await desk.clean("a dead letter");
    socket.end();
    await desk.visitor.context.close();
  });
}

browserTest("picture: the page /operations, light and dark", async (browser) => {
  const { room, writer, socket } = await trouble(server, "Lobby of the fair");
  await poison(room);
  const desk = await Desk.open(browser, server, `?at=rooms&room=${room}`, {
    viewport: { width: 1280, height: 860 },
    reducedMotion: "reduce",
  });
  await postFast(room, writer);
  await expect.poll(() => desk.figure("Refused")).toBeGreaterThan(0);
  await desk.panel.getByRole("button", { name: /^Disconnect/ }).waitFor();
  mkdirSync(FOLDER, { recursive: true });
  for (let news = await desk.page.locator(".toast").count(); news > 0; news -= 1)
    await desk.page.getByRole("button", { name: "Dismiss" }).first().click();
  await desk.page.mouse.move(0, 0);
  for (const colorScheme of ["light", "dark"] as const) {
    await desk.page.emulateMedia({ colorScheme });
    const path = join(FOLDER, `operations-${colorScheme}.png`);
    await desk.page.screenshot({ ...(keep ? { path } : {}), caret: "hide", animations: "disabled" });
  }
  socket.end();
  await desk.visitor.context.close();
});
