// docs/tutorial.md, followed to the letter in an empty folder: its files are written, its commands run in their order, and what it
// promises is looked at. What needs an account runs against a pretended one.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseJsonc } from "../../scripts/deploy/config.mjs";
import { browserTest } from "../harness/chromium.ts";
import { root } from "../harness/environment.ts";
import { Project, type Running } from "../harness/packages/project.ts";
import { leadBack, Registry } from "../harness/packages/registry.ts";
import { freePort } from "../harness/server/free-port.ts";
import { withCurl } from "./curl.ts";
import { type Block, blocksOf, read } from "./pages.ts";

const PAGE = "docs/tutorial.md";
const DEVKIT = ["workflow", "@workflow/core", "@workflow/errors", "@workflow/world", "@workflow/builders"];
/** Too large to pack: stand-ins of the same version are installed and lead back to the repository's. */
const STAND_INS = [...DEVKIT, "vite"];
/** The watchdog wakes a sleep that is overdue by a minute. */
const LATE_MS_MAX = 240_000;
const blocks = blocksOf(PAGE);

/** The blocks of commands of the part with this title. */
function commandsOf(title: string): readonly string[] {
  const part = read(PAGE)
    .split(/^## \d\. /m)
    .find((text) => text.startsWith(title))!;
  return blocksOf(PAGE, part)
    .filter(({ language }) => language === "sh")
    .map(({ text }) => text.trim());
}

/** Somebody who talks: what they hear is printed, a line each, and what is given is said. */
const TALKER = `
import { connect } from "@ferrule/worker/client";
const [url, name, ...texts] = process.argv.slice(2);
const room = connect({ url, room: "lobby", token: () => name });
room.on("message", ({ message }) => console.log(message.author.name + "> " + message.text));
room.on("state", ({ state }) => console.log("state " + state));
for (const text of texts) await room.send(text).done;
`;

let registry: Registry;
let project: Project;
let server: Running | undefined;
let url: string;
beforeAll(async () => {
  registry = await Registry.start({ packages: ["quickjs-wasi"], standIns: STAND_INS });
  project = new Project(withCurl(registry.environment));
});
afterAll(async () => {
  await project?.[Symbol.asyncDispose]();
  await registry?.[Symbol.asyncDispose]();
});

const serve = async (line: string) => {
  const { port } = new URL(url);
  return project.start(`${line} -- --ip 127.0.0.1 --port ${port}`, /Ready on/);
};

describe(PAGE, () => {
  test("TU1 the folder is filled and installed by what the page prints, and everything compiles", async () => {
    expect(readdirSync(project.home)).toEqual([]);
    const files = blocks.filter((block): block is Block & { file: string } => block.file !== undefined);
    for (const { file, text } of files) project.write(file, text);
    expect(files.map(({ file }) => file).sort()).toEqual([
      "bot.mjs",
      "package.json",
      "page/chat.ts",
      "page/index.html",
      "page/tsconfig.json",
      "src/worker.ts",
      "tsconfig.json",
      "workflows/reminder.ts",
      "wrangler.jsonc",
    ]);
    expect(
      blocks
        .find(({ file }) => file === "bot.mjs")!
        .text.trim()
        .split("\n").length,
    ).toBeLessThanOrEqual(20);
    expect(commandsOf("The packages")).toEqual(["npm install"]);
    await project.run("npm install");
    leadBack(project.home, STAND_INS);
    const [check] = commandsOf("The page");
    await project.run(check!);
  });

  test("TU2 two people and the bot talk, and a reminder comes once, also over a kill", async () => {
    url = `http://127.0.0.1:${await freePort()}`;
    const [dev, watchdog] = commandsOf("Talk");
    server = await serve(dev!);
    project.write("talker.mjs", TALKER);
    const [bot] = commandsOf("A bot of twenty lines");
    const botRuns = await project.start(`${bot} -- ${url}`, /^open/m);

    const ann = await project.start(`node talker.mjs ${url} ann hello "!time" "/remind 1s tea"`, /ann> hello/);
    await expect.poll(ann.log).toMatch(/timebot> ann, it was \d{4}-\d\d-\d\dT/);
    await expect.poll(ann.log).toContain("Reminder> ann, you asked to be reminded: tea");

    // the sleep is over while nothing runs; it is overdue by the watchdog's minute before it is woken
    const bob = await project.start(`node talker.mjs ${url} bob "/remind 60s milk"`, /bob> \/remind/);
    await expect.poll(runs, { interval: 500 }).toBe(2);
    const reminded = () => bob.log().split("Reminder> bob, you asked to be reminded: milk").length - 1;
    expect(reminded()).toBe(0);
    await server.stop();
    server = await serve(dev!);
    await expect.poll(botRuns.log).toMatch(/waiting[\s\S]*open/);
    const asked = watchdog!.replace("http://localhost:8787", url);
    const ask = async () => {
      await project.run(asked);
      return reminded();
    };
    await expect.poll(ask, { timeout: LATE_MS_MAX, interval: 2_000 }).toBe(1);

    const eve = await project.start(`node talker.mjs ${url} eve "!time"`, /eve> !time/);
    await expect.poll(eve.log).toMatch(/timebot> eve, it was/);
    expect(reminded()).toBe(1);
    for (const running of [ann, bob, eve, botRuns]) await running.stop();
  }, 480_000);

  browserTest("TU3 the page shows what is said, and says what is typed", async (browser) => {
    const page = await browser.newPage();
    await page.goto(`${url}/?as=cleo`);
    await page.getByText("ann: hello").waitFor();
    await page.getByLabel("Message").fill("good evening");
    await page.getByLabel("Message").press("Enter");
    await page.getByText("cleo: good evening", { exact: true }).waitFor();
  });

  test("TU4 a dry run uploads it, and the commands for an account make all that is bound", async () => {
    await server?.stop();
    const [dry, make, put] = commandsOf("Deploy");
    expect(await project.run(dry!)).toContain("Total Upload");

    const config = parseJsonc(readFileSync(join(project.home, "wrangler.jsonc"), "utf8"));
    const account = { lacks: [], calls: [], d1: [], kv: [], r2: [], queues: [], workers: {} };
    project.write("account.json", JSON.stringify(account));
    const pretended = (line: string, more = "") =>
      project.run(
        `FAKE_ACCOUNT=account.json WRANGLER_OUTPUT_FILE_PATH=out.txt ${line.replace("npx wrangler", `node ${join(root, "tests/scripts/deploy/fake-wrangler.mjs")}`)}${more}`,
      );
    for (const line of make!.split("\n")) await pretended(line);
    const made = () => JSON.parse(readFileSync(join(project.home, "account.json"), "utf8"));
    const { d1, r2, queues } = made();
    const producers: { queue: string }[] = config.queues.producers;
    expect(d1.map(({ name }: { name: string }) => name)).toEqual([config.d1_databases[0].database_name]);
    expect(r2).toEqual([config.r2_buckets[0].bucket_name]);
    expect(queues).toEqual(producers.map(({ queue }) => queue));

    config.d1_databases[0].database_id = d1[0].uuid;
    writeFileSync(join(project.home, "wrangler.json"), JSON.stringify(config));
    for (const line of put!.split("\n")) await pretended(line, ` --config ${join(project.home, "wrangler.json")}`);
    expect(made().d1[0].applied).toHaveLength(1);
    expect(made().workers["my-chat"].uploads).toBe(1);
    expect(existsSync(join(project.home, config.assets.directory, "index.html"))).toBe(true);
  });
});

/** How many reminders there are in the local database. */
async function runs(): Promise<number> {
  const told = await project.run(
    `npx wrangler d1 execute WORKFLOW_DB --local --json --command "SELECT count(*) AS n FROM workflow_runs"`,
  );
  return JSON.parse(told.slice(told.indexOf("["))).at(0).results[0].n;
}
