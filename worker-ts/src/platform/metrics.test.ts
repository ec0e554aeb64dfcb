// The text for Prometheus, read by a parser that shares nothing with what writes it; and the points of requests.
import { createMessageBatch } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { parsePrometheus } from "../../../tests/worker/prometheus";
import { call, refusal } from "../../../tests/worker/support/http-client";
import { countQueue, countRoom, METRICS, type Point, prometheusText, writePoint } from "./metrics";

describe("metrics", () => {
  it("have names as Prometheus wants them: one prefix, each once, counters and only they end in _total", () => {
    const all = Object.values(METRICS);
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    for (const { name, type, help } of all) {
      expect(name).toMatch(/^ferrule_[a-z_]+$/);
      expect([name, name.endsWith("_total")]).toEqual([name, type === "counter"]);
      expect(help).toMatch(/^[A-Z].*\.$/);
    }
  });

  it("come back from their text as they went, whatever stands in a label", () => {
    const odd = 'a "quote", a \\ and\na line, {x="y"} 7';
    const text = prometheusText([
      { metric: "queued", labels: { queue: odd }, value: 0.5 },
      { metric: "messages", value: 2 ** 53 - 1 },
      { metric: "queued", labels: { queue: "b", state: "" }, value: 0 },
    ]);
    expect(parsePrometheus(text)).toEqual([
      { ...METRICS.messages, samples: [{ labels: {}, value: 2 ** 53 - 1 }] },
      {
        ...METRICS.queued,
        samples: [
          { labels: { queue: odd }, value: 0.5 },
          { labels: { queue: "b", state: "" }, value: 0 },
        ],
      },
    ]);
    expect(prometheusText([])).toBe("");
  });
});

describe("points", () => {
  it("tell kind, subject, texts and numbers; without the binding there are none", () => {
    const written: unknown[] = [];
    const METRICS = { writeDataPoint: (point?: AnalyticsEngineDataPoint) => void written.push(point) };
    const point: Point = { kind: "room", of: "lobby", texts: ["x"], numbers: [1, 2] };
    writePoint({ METRICS }, point);
    writePoint({}, point);
    expect(written).toEqual([{ indexes: ["lobby"], blobs: ["room", "lobby", "x"], doubles: [1, 2] }]);
  });

  it("of rooms tell their growth in one order, refusals as one number, and nothing when nothing has grown", () => {
    const written: unknown[] = [];
    const METRICS = { writeDataPoint: (point?: AnalyticsEngineDataPoint) => void written.push(point) };
    countRoom({ METRICS }, "lobby", {
      bytes: 300,
      messages: 2,
      edits: 4,
      reactions: 5,
      refused_conflict: 1,
      refused_not_found: 2,
      archived: 9,
    });
    countRoom({ METRICS }, "lobby", { archived: 1 });
    countRoom({ METRICS }, "lobby", {});
    expect(written).toEqual([
      { indexes: ["lobby"], blobs: ["room", "lobby"], doubles: [2, 0, 300, 0, 0, 0, 0, 3, 4, 0, 5] },
    ]);
  });

  it("of queues tell the messages of a run, and how many of them came before", async () => {
    const written: unknown[] = [];
    const METRICS = { writeDataPoint: (point?: AnalyticsEngineDataPoint) => void written.push(point) };
    const timestamp = new Date();
    const messages = [1, 2, 3].map((attempts) => ({ id: String(attempts), timestamp, attempts, body: attempts }));
    countQueue({ METRICS }, createMessageBatch("ferrule-archive", messages));
    expect(written).toEqual([{ indexes: ["ferrule-archive"], blobs: ["queue", "ferrule-archive"], doubles: [3, 2] }]);
  });

  it("are written for every request, by its route and never by its address", async () => {
    const written: { blobs: string[]; doubles: number[] }[] = [];
    const vars = { METRICS: { writeDataPoint: (point: (typeof written)[number]) => void written.push(point) } };
    await call("GET", "/api/rooms/lobby?secret=1", { vars });
    expect(refusal(await call("GET", "/api/nothing/at/all", { vars }))).toEqual([404, "not_found"]);
    expect(written.map(({ blobs }) => blobs)).toEqual([
      ["request", "/api/rooms/:id", "GET", "200", ""],
      ["request", "-", "GET", "404", "not_found"],
    ]);
    for (const { doubles } of written) expect(doubles).toEqual([1, expect.any(Number)]);
  });
});
