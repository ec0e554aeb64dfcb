// The suite `pages` itself: its load counts what it asked, an answer that is not the right one ends the run, a counter that skips or
// repeats a number is caught. The server is made up and says what a test wants.
import { createServer, type RequestListener, type Server } from "node:http";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { memoryMb, processorMs, tellsUsage } from "../harness/server/usage.ts";
import { carry } from "./pages/load.ts";
import { type Asked, ofPage } from "./pages/questions.ts";
import { suite } from "./suites/pages.ts";

let server: Server;
let answer: RequestListener;
let asked = 0;
const MS = 60;

beforeEach(async () => {
  asked = 0;
  server = createServer((request, response) => {
    asked += 1;
    request.resume().on("end", () => answer(request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function of(page: "hello" | "form" | "counter"): Asked {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const pathOf = () => "/page";
  return ofPage(page, { name: "ts", port: address.port, pid: undefined, memoryAtFirst: undefined, pathOf, ...nobody });
}
const nobody = { [Symbol.asyncDispose]: async () => {} };

describe("the suite pages", () => {
  test("a load counts every answer, those under way at its end too", async () => {
    answer = (_, response) => setTimeout(() => response.end("Hello"), 5);
    const { question } = of("hello");
    const { answers, perSecond } = await carry(question, 4, MS);
    expect(answers).toBe(asked);
    expect(answers).toBeGreaterThanOrEqual(4);
    expect(perSecond).toBeLessThanOrEqual((answers * 1000) / MS);
  });

  test("one answer other than 200 ends the run", async () => {
    answer = (_, response) => response.writeHead(asked === 2 ? 503 : 200).end("Hello");
    await expect(carry(of("hello").question, 2, MS)).rejects.toThrow("/page answered 503");
  });

  test("so does a form that comes back unescaped", async () => {
    answer = (_, response) => response.end("<script>alert(1)</script>");
    await expect(carry(of("form").question, 1, MS)).rejects.toThrow("answered without &lt;script&gt;");
  });

  test("a counter that tells each number once is right", async () => {
    let count = 40;
    answer = (_, response) => {
      count += 1;
      response.end(`count=${count}`);
    };
    const { question, finish } = of("counter");
    await carry(question, 8, MS);
    expect(finish).not.toThrow();
  });

  test("a number that is told twice, or never, is not", async () => {
    answer = (_, response) => response.end(`count=${Math.ceil(asked / 2)}`);
    await expect(carry(of("counter").question, 1, MS)).rejects.toThrow("told 1 twice");
    asked = 0;
    answer = (_, response) => response.end(`count=${asked * 2}`);
    const { question, finish } = of("counter");
    await carry(question, 1, MS);
    expect(finish).toThrow(/answers, but the row went from 2 to/);
  });

  test("a quick run has all that has a goal", () => {
    const quick = suite.cases.filter((one) => one.quick).map(({ name }) => name);
    expect(quick).toEqual(["hello-py", "counter-py", "start-snapshot"]);
    expect(suite.cases).toHaveLength(7);
  });

  test.skipIf(process.platform !== "linux")("what a process has used grows with what it does", () => {
    const { pid } = process;
    expect(tellsUsage(pid)).toBe(true);
    const before = processorMs(pid);
    const since = process.cpuUsage();
    while (process.cpuUsage(since).user < 80_000);
    expect(processorMs(pid) - before).toBeGreaterThanOrEqual(30);
    expect(memoryMb(pid)).toBeGreaterThan(20);
    expect(tellsUsage(undefined)).toBe(false);
  });
});
