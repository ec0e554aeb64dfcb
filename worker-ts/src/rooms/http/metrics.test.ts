// GET /api/metrics from end to end: what people do in a room, through its totals, the real queue and D1, to Prometheus' text.
import { createMessageBatch } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { parsePrometheus } from "../../../../tests/worker/prometheus";
import { deliver } from "../../../../tests/worker/support/archive";
import { account, call, guest, join, refusal, room } from "../../../../tests/worker/support/http-client";
import { freshRoom, pause, query, RoomClient, type RoomStub, ring } from "../../../../tests/worker/support/room-client";
import { queue } from "../../app";
import { METRICS } from "../../platform/metrics";
import type { ArchiveMessage } from "../archive/message";
import type { Counts } from "../log/totals";

const token = env.METRICS_TOKEN ?? "";

/** The text as numbers: by name, or `name{code}` for what has a label. */
async function figures(): Promise<Map<string, number>> {
  const { body } = await call("GET", "/api/metrics", { token });
  const samples = parsePrometheus(String(body)).flatMap(({ name, samples }) =>
    samples.map(({ labels, value }) => [[name, ...Object.values(labels)].join(" "), value] as const),
  );
  return new Map(samples);
}

/** By how much figures have grown, without those that stand still. */
function growth(before: Map<string, number>, after: Map<string, number>): Record<string, number> {
  const grown = [...after].map(([name, value]) => [name, value - (before.get(name) ?? 0)] as const);
  return Object.fromEntries(grown.filter(([, by]) => by !== 0));
}

/** The version of a room's totals as the room has saved them last, and the greatest one that D1 was told. */
async function versions(stub: RoomStub): Promise<[number, number]> {
  const [saved] = await query<{ value: string }>(stub, "SELECT value FROM meta WHERE key = 'totals'");
  const told = env.DB.prepare("SELECT max(version) AS version FROM metric WHERE room_id = ?").bind(stub.name);
  return [JSON.parse(saved?.value ?? '{"version":0}').version, (await told.first<number>("version")) ?? 0];
}

/** Rings the room until the archive has told it that everything is there, and D1 knows that and all that it has counted. */
async function archived(
  stub: RoomStub,
  messages: number,
  before: Map<string, number>,
): Promise<Record<string, number>> {
  for (let turn = 0; turn < 200; turn++, await pause(50)) {
    await ring(stub);
    const [saved, told] = await versions(stub);
    const grown = growth(before, await figures());
    const { ferrule_archive_lag_entries: lag = 0, ferrule_messages_total: stored = 0 } = grown;
    if (saved === told && stored === messages && lag === 0) return grown;
  }
  throw new Error("the archive did not come to an end");
}

/** The growth of figures while something happens. */
async function during(happens: () => Promise<unknown>): Promise<Record<string, number>> {
  const before = await figures();
  await happens();
  return growth(before, await figures());
}

/** A message of the queue that brings totals alone. */
const totalsOf = (room: string, version: number, counts: Counts): ArchiveMessage => ({
  ...{ v: 1, room, from: 1, to: 0, at: null, messages: [], reactions: [], pins: [], people: [] },
  totals: { version, counts },
});

describe("the archive's consumers", () => {
  it("count totals once, whatever order and however often a batch is delivered; each delivery is a batch", async () => {
    const [one, two] = [freshRoom("figures").name!, freshRoom("figures").name!];
    const [older, newer] = [totalsOf(one, 1, { messages: 2 }), totalsOf(one, 2, { messages: 5, opened: 1 })];
    const grown = await during(async () => {
      await deliver([newer]);
      await deliver([older, newer]);
      await deliver([totalsOf(two, 1, { messages: 10 }), older]);
    });
    expect(grown).toEqual({
      ferrule_messages_total: 15,
      ferrule_sockets_opened_total: 1,
      ferrule_archive_batches_total: 5,
    });
  });

  it("count what they try again, and a dead letter once", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    expect(await during(() => deliver(["no message of ours", totalsOf(freshRoom("figures").name!, 1, {})]))).toEqual({
      ferrule_archive_batches_total: 1,
      ferrule_archive_retries_total: 1,
    });
    const id = crypto.randomUUID();
    const letter = { id, timestamp: new Date(), attempts: 1, body: "no message of ours" };
    const bury = () => queue(createMessageBatch("ferrule-archive-dead", [letter]), env);
    expect(await during(bury)).toEqual({ ferrule_dead_letters_total: 1 });
    expect(await during(bury)).toEqual({});
    log.mockRestore();
  });
});

describe("GET /api/metrics", () => {
  it("opens for its token alone", async () => {
    for (const options of [
      {},
      { token: `${token}x` },
      { token: token.slice(1) },
      { token: env.ADMIN_TOKEN ?? "" },
      { token: (await account()).token },
      { headers: { authorization: `Basic ${btoa(`x:${token}`)}` } },
      { headers: { authorization: `Bearer ${token} ${token}` } },
      { token, vars: { METRICS_TOKEN: undefined } },
      { token: "", vars: { METRICS_TOKEN: "" } },
      { token: "undefined", vars: { METRICS_TOKEN: undefined } },
    ])
      expect(refusal(await call("GET", "/api/metrics", options))).toEqual([403, "forbidden"]);
    const { status, headers } = await call("GET", "/api/metrics", { token });
    expect([status, headers.get("content-type")]).toEqual([200, "text/plain; version=0.0.4; charset=utf-8"]);
    expect(headers.get("cache-control")).toBe("no-store");
    expect((await call("GET", "/api/metrics", { headers: { authorization: `bearer ${token}` } })).status).toBe(200);
  });

  it("tells every metric, also of a Worker that has done nothing", async () => {
    const { body } = await call("GET", "/api/metrics", { token });
    const told = parsePrometheus(String(body));
    expect(told.map(({ samples: _, ...metric }) => metric)).toEqual(Object.values(METRICS));
    for (const { samples } of told) for (const { value } of samples) expect(value).toBeGreaterThanOrEqual(0);
  });

  it("leaves out a queue that does not tell how it stands, and tells the rest", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    const broken = { metrics: () => Promise.reject(new Error("no such luck")) };
    const { status, body } = await call("GET", "/api/metrics", { token, vars: { ARCHIVE_QUEUE: broken } });
    expect(log.mock.calls.join()).toContain("no such luck");
    log.mockRestore();
    const queued = parsePrometheus(String(body)).find(({ name }) => name === METRICS.queued.name);
    expect([status, queued?.samples.map(({ labels }) => labels["queue"])]).toEqual([200, ["archive-dead"]]);
  });

  it("counts what was done, once: messages and what changes them, refusals by name, sockets and what they were sent", async () => {
    const before = await figures();
    const [owner, person] = [await account(), await guest()];
    const id = await room(owner);
    await join(person, id);
    const stub = env.ROOM.getByName(id) as RoomStub;
    const post = (text: string, key: string, replyTo?: number) =>
      call("POST", `/api/rooms/${id}/messages`, {
        token: person.token,
        body: { text, replyTo },
        headers: { "idempotency-key": key },
      });
    const key = crypto.randomUUID();
    expect((await post("one", key)).status).toBe(201);
    expect((await post("one", key)).status).toBe(200);
    expect(refusal(await post("other", key))).toEqual([409, "conflict"]);
    expect(refusal(await post("x", crypto.randomUUID(), 99))).toEqual([404, "not_found"]);

    const of = (path: string) => `/api/rooms/${id}/messages/1${path}`;
    for (const [method, path, body] of [
      ["PATCH", "", { text: "one, edited" }],
      ["PUT", "/reactions/%F0%9F%91%8D", undefined],
      ["PUT", "/reactions/%F0%9F%91%8D", undefined],
      ["DELETE", "/reactions/%F0%9F%91%8D", undefined],
      ["DELETE", "", undefined],
      ["DELETE", "", undefined],
    ] as const)
      expect((await call(method, of(path), { token: person.token, ...(body && { body }) })).status).toBeLessThan(300);

    const stats = await stub.stats();
    const config = { version: 0, title: "", closed: false, slowModeMs: 0, editWindowMs: 0 };
    const ann = await RoomClient.open(stub, "ann", { room: config });
    const { welcome } = await ann.hello();
    await ann.expect("PEOPLE");
    for (let n = 1; n <= 4; n++) await ann.write(n, `message ${n}`);
    ann.say(1, "another text under the same id");
    await ann.pick("ERROR");
    const { epoch } = welcome.body;
    const back = await RoomClient.open(stub, "bob", { room: config });
    await back.hello({ epoch, lastSeq: stats.headSeq });
    const lost = await RoomClient.open(stub, "eve", { room: config });
    await lost.hello({ epoch: epoch.map((byte) => byte ^ 1), lastSeq: 1 });
    lost.send("text");
    expect(await lost.end()).toEqual({ error: 1, close: 4001 });
    await ann.rest();

    const grown = await archived(stub, 5, before);
    const bytes = [ann, back, lost].reduce((sum, client) => sum + client.bytes, 0);
    const { ferrule_archive_batches_total: batches, ...rest } = grown;
    expect(rest).toEqual({
      ferrule_messages_total: 5,
      ferrule_edits_total: 1,
      ferrule_deletes_total: 1,
      ferrule_reactions_total: 2,
      ferrule_log_entries_total: 9,
      // four messages to their author; the two who came later to those who were there: one, and two
      ferrule_deliveries_total: 4 + 1 + 2,
      ferrule_sent_bytes_total: bytes,
      ferrule_sockets_opened_total: 3,
      ferrule_sockets_resumed_total: 1,
      ferrule_sockets_reset_total: 1,
      "ferrule_refused_total conflict": 2,
      "ferrule_refused_total not_found": 1,
      "ferrule_refused_total bad_frame": 1,
    });
    expect(batches).toBeGreaterThan(0);
    for (const client of [ann, back]) await client.close();
  });
});
