// OP20: what is told of rooms: sums, filters, who is slow; a silent room counts as silent and as nothing else.
import { describe, expect, it } from "vitest";
import type { Laggard, LiveRoom, Watch } from "../api";
import { inOrder, isMeant, LATE_MS, lagOf, refusedOf, slowIn, socketsOf, sumsOf } from "./rooms";

const laggard = (conn: number, bytes: number): Laggard => {
  return { conn, bytes, relay: null, userId: `u${conn}`, name: `N${conn}`, recovering: false };
};
const WATCH: Watch = {
  at: 1,
  closed: false,
  sockets: 2,
  online: 2,
  relays: [],
  headSeq: 10,
  lastAt: 1,
  queuedSeq: 10,
  archivedSeq: 10,
  unarchivedSince: null,
  batches: { count: 0, first: [] },
  laggards: { count: 0, worst: [] },
  counts: {},
  due: [],
};
const room = (id: string, watch: Partial<Watch> | null, more: Partial<LiveRoom> = {}): LiveRoom => ({
  ...{ id, title: id.toUpperCase(), closedAt: null, at: 1, silent: watch === null ? "late" : null },
  watch: watch && { ...WATCH, ...watch },
  ...more,
});

const big = room("big", {
  relays: [
    { n: 0, sockets: 30, at: 9 },
    { n: 1, sockets: 10, at: 10 },
  ],
});
const slow = room("slow", { laggards: { count: 3, worst: [laggard(1, 10), laggard(2, 30)] }, archivedSeq: 4 });
const busy = room("busy", {
  counts: { refused_rate_limited: 3, refused_forbidden: 3, refused_internal: 0, messages: 9 },
});
const dead = room("dead", null);
const shut = room("shut", {}, { closedAt: 5 });
const all = [big, slow, busy, dead, shut];

describe("rooms", () => {
  it("OP20 are summed up: sockets with those of relays, who is behind, what is not archived, who is silent", () => {
    expect(socketsOf(big.watch!)).toBe(42);
    expect(lagOf(slow.watch!)).toBe(6);
    expect(lagOf({ headSeq: 3, archivedSeq: 5 })).toBe(0);
    expect(sumsOf(all)).toEqual({ sockets: 48, behind: 3, unarchived: 6, silent: 1, late: 0 });
    expect(sumsOf([])).toEqual({ sockets: 0, behind: 0, unarchived: 0, silent: 0, late: 0 });
  });

  it("OP30 are late when the archive has lacked something for minutes, by their own clock", () => {
    const since = (unarchivedSince: number | null) => room("any", { at: LATE_MS * 3, unarchivedSince });
    expect(sumsOf([since(null), since(LATE_MS * 2), since(LATE_MS * 2 - 1), dead]).late).toBe(1);
  });

  it("OP20 are meant by a filter, or all of them", () => {
    const meant = (only?: string) => all.filter((one) => isMeant(one, only)).map(({ id }) => id);
    expect(meant("behind")).toEqual(["slow"]);
    expect(meant("lag")).toEqual(["slow"]);
    expect(meant("silent")).toEqual(["dead"]);
    expect(meant("closed")).toEqual(["shut"]);
    expect(meant("refused:rate_limited")).toEqual(["busy"]);
    expect(meant("refused:internal")).toEqual([]);
    for (const only of [undefined, "", "none of ours"]) expect(meant(only)).toHaveLength(all.length);
  });

  it("OP20 tell refusals by code, the most first, and their slow consumers, the worst first", () => {
    expect(refusedOf(busy.watch!)).toEqual([
      ["forbidden", 3],
      ["rate_limited", 3],
    ]);
    const other = room("other", { laggards: { count: 1, worst: [laggard(7, 20)] } });
    expect(slowIn([slow, dead, other]).map(({ conn, room: { id } }) => [id, conn])).toEqual([
      ["slow", 2],
      ["other", 7],
      ["slow", 1],
    ]);
  });

  it("OP20 stand in an order of their names, whatever they do", () => {
    const twins = [
      room("b", {}, { title: "Same" }),
      room("a", {}, { title: "Same" }),
      room("c", {}, { title: "Able" }),
    ];
    expect(inOrder(twins).map(({ id }) => id)).toEqual(["c", "a", "b"]);
  });
});
