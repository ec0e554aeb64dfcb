// The page /operations at three in the morning: what it does not know it says, what is refused it tells, what is far down can be reached, and
// whoever works by keyboard keeps their place.
import { afterAll, beforeAll, expect } from "vitest";
import { browserTest } from "../../harness/chromium";
import { call, type Guest, guest } from "../../harness/people";
import { type Server, startServer } from "../../harness/server/server";
import { account, openRoom, post } from "../support/cast";
import { Desk, trouble } from "../support/desk";
import { focused, tabTo } from "../support/keyboard";

let server: Server;
let owner: Guest;
beforeAll(async () => {
  server = await startServer({ vars: { TOTALS_MS: "300", ARCHIVE_FLUSH_MS: "100", WINDOW_SOFT_BYTES: "20000" } });
  owner = { token: server.adminToken, userId: "", name: "the owner" };
});
afterAll(() => server?.[Symbol.asyncDispose]());

const admin = <T>(path: string, body?: unknown, method?: string) =>
  call<T>(server.url, `/api/admin/${path}`, owner, body, method);

browserTest("OP35 what nobody answers is said to be unknown, and is asked again", async (browser) => {
  const desk = await Desk.open(browser, server);
  await desk.visitor.reads("Nothing needs you.");
  await desk.page.route("**/api/admin/rooms/live**", (route) => route.abort());
  await desk.visitor.reads(/^stale: last answer/);
  await desk.visitor.reads("Nothing that is known needs you. Not known now: rooms.");
  await desk.page.unroute("**/api/admin/rooms/live**");
  await desk.visitor.reads("live");
  await desk.visitor.reads("Nothing needs you.");

  // a question that hangs, as behind a line that is half dead, does not keep the next one from being asked
  let hung = 0;
  await desk.page.route("**/api/admin/now", (route) => (hung++ === 0 ? undefined : route.continue()));
  await expect.poll(() => desk.page.getByText(/^stale: last answer/).count()).toBe(1);
  await expect.poll(() => desk.page.getByText("live", { exact: true }).count()).toBe(1);
  expect(hung).toBeGreaterThan(1);
  await desk.end();
});

browserTest("OP36 a repair of oneself that is refused says why, and the page stays", async (browser) => {
  const desk = await Desk.open(browser, server);
  const own = await desk.page.evaluate(async () => {
    const { user } = (await (await fetch("/api/auth/get-session")).json()) as { user: { id: string } };
    return user.id;
  });
  await desk.page.goto(`${server.url}/operations?at=users&user=${own}`);
  await desk.panel.getByRole("button", { name: "Disable …" }).click();
  const dialog = desk.page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Disable", exact: true }).click();
  await dialog.getByText("you would shut yourself out").waitFor();
  await desk.page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await desk.panel.getByRole("button", { name: "Disable …" }).waitFor();
  await desk.visitor.reads("live");
  await desk.end();
});

browserTest("OP37 a guest is not ended without being asked about", async (browser) => {
  const { userId } = await guest(server.url);
  const desk = await Desk.open(browser, server, `?at=users&user=${userId}`);
  await desk.panel.getByRole("button", { name: "Disable …" }).click();
  await desk.page
    .getByRole("dialog")
    .getByText(/for good/)
    .waitFor();
  await desk.page.keyboard.press("Escape");
  await desk.panel.getByRole("button", { name: "Sign out everywhere …" }).click();
  await desk.page
    .getByRole("dialog")
    .getByText(/for good/)
    .waitFor();
  await desk.clean("asked before a guest is signed out");
  await desk.confirm("Sign out");
  await desk.visitor.reads(/ is signed out: 1 session\.$/);
  await desk.panel.getByText("Signed in nowhere.").waitFor();
  await desk.end();
});

browserTest("OP38 a repair that takes its own row away leaves the focus on the page", async (browser) => {
  const { socket } = await trouble(server, "Too fast for one more");
  const desk = await Desk.open(browser, server, "?at=slow", { reducedMotion: "reduce" });
  const { visitor, page } = desk;
  await expect.poll(() => desk.figure("Slow consumers")).toBe(1);
  await page.evaluate(() => document.querySelector<HTMLElement>(".home")!.focus());
  await tabTo(visitor, /^Disconnect /);
  await page.keyboard.press("Enter");
  await visitor.reads("Everybody keeps up.");
  await expect.poll(() => socket.closed()).toBe(4011);
  expect((await focused(visitor)).name).toBe("Slow consumers");
  await desk.end();
});

browserTest(
  "OP39 files are checked from the page: all of them, page by page, and what is damaged is told",
  async (browser) => {
    const writer = await account(server.url, "Writer of files");
    const room = await openRoom(server.url, "With files", writer);
    const upload = (n: number) =>
      fetch(`${server.url}/api/rooms/${room}/files?name=plan-${n}.bin`, {
        method: "POST",
        headers: { authorization: `Bearer ${writer.token}`, "content-type": "application/octet-stream" },
        body: new Uint8Array(1_024).fill(n),
      });
    for (let n = 0; n < 3; n += 1) expect((await upload(n)).status).toBe(201);
    const desk = await Desk.open(browser, server);
    await desk.part("Files");
    await desk.page.getByRole("button", { name: "Check all files" }).click();
    await desk.visitor.reads("Done: 3 files, 3 KB, 0 damaged.");
    await desk.visitor.reads("Every file is what was uploaded.");
    // the bucket cannot be made to go wrong from here; what it then says is the server's test
    let page = 0;
    await desk.page.route("**/api/admin/files/check**", (route) => {
      page += 1;
      const damaged = [{ room, id: `id-${page}`, name: `plan-${page}.bin`, damage: page === 1 ? "missing" : "sum" }];
      const body = { files: 1, bytes: 512, damaged, next: page === 2 ? null : "7" };
      return route.fulfill({ status: 200, contentType: "application/json", body: JSON.stringify(body) });
    });
    await desk.page.getByRole("button", { name: "Check all files" }).click();
    await desk.visitor.reads("Done: 2 files, 1 KB, 2 damaged.");
    await desk.visitor.reads("its bytes are not there");
    await desk.clean("damaged files");
    await desk.page
      .getByRole("row", { name: /plan-2\.bin/ })
      .getByRole("link", { name: room })
      .click();
    await desk.panel.getByRole("heading", { name: "With files" }).waitFor();
    await desk.end();
  },
);

browserTest("OP40 every kernel that was begun is listed, and looking at the list begins none", async (browser) => {
  const begin = (id: string) =>
    call(server.url, `/api/kernel/${id}/rpc`, owner, { jsonrpc: "2.0", id: 1, method: "ping", params: [] });
  await begin("night-shift");
  const names = async () => (await admin<{ kernels: { id: string }[] }>("kernels")).kernels.map(({ id }) => id);
  const before = await names();
  expect(before).toContain("night-shift");
  const desk = await Desk.open(browser, server, "?at=kernels");
  await desk.page
    .getByRole("row", { name: /night-shift/ })
    .getByText("running")
    .waitFor();
  const shown = desk.page.getByRole("region", { name: "Kernels" }).getByRole("row");
  await expect.poll(() => shown.getByText("running").count()).toBe(before.length);
  expect(await names()).toEqual(before);
  // one that is begun meanwhile comes by itself
  await begin("late-shift");
  await desk.page
    .getByRole("row", { name: /late-shift/ })
    .getByText("running")
    .waitFor();
  await desk.end();
});

browserTest("OP41 to look for a user reads all of them once, not again and again", async (browser) => {
  const desk = await Desk.open(browser, server, "?at=users&q=nobody-of-this-name");
  await desk.visitor.reads("Nobody is called that.");
  const asked = { users: 0, now: 0 };
  desk.page.on("request", (request) => {
    if (request.url().includes("/api/admin/users")) asked.users += 1;
    if (request.url().includes("/api/admin/now")) asked.now += 1;
  });
  // three looks at the figures are longer than one at a list
  await expect.poll(() => asked.now).toBeGreaterThanOrEqual(3);
  expect(asked.users).toBe(0);
  // by hand it is looked for anew, and the way back has its words with it
  await desk.page.getByLabel("Name, e-mail or id").fill("also-nobody");
  await desk.page.keyboard.press("Enter");
  await expect.poll(() => asked.users).toBe(1);
  await desk.page.goBack();
  await expect.poll(() => desk.page.getByLabel("Name, e-mail or id").inputValue()).toBe("nobody-of-this-name");
  await desk.end();
});

browserTest("OP42 rooms beyond the first page are asked when that is wanted", async (browser) => {
  const writer = await account(server.url, "Writer of many rooms");
  for (let n = 0; n < 30; n += 1)
    await post(server.url, await openRoom(server.url, `One of many ${n}`, writer), writer, "said");
  const active = async () => {
    const first = await admin<{ rooms: unknown[]; next: string | null }>("rooms/live?limit=25");
    if (first.next === null) return first.rooms.length;
    return first.rooms.length + (await admin<{ rooms: unknown[] }>("rooms/live?limit=25&cursor=25")).rooms.length;
  };
  await expect.poll(active).toBeGreaterThanOrEqual(30);
  const desk = await Desk.open(browser, server, "?at=rooms");
  await desk.visitor.reads("Nothing needs you in the 25 rooms that are asked; there are more.");
  const rows = desk.page.getByRole("region", { name: "Rooms" }).getByRole("rowheader");
  expect(await rows.count()).toBe(25);
  await desk.page.getByRole("button", { name: "Ask more rooms" }).click();
  await expect.poll(() => rows.count()).toBe(await active());
  await expect.poll(() => desk.page.getByRole("button", { name: "Ask more rooms" }).count()).toBe(0);
  await desk.visitor.reads("Nothing needs you.");
  await desk.end();
});
