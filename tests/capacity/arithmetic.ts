// The way to a million sockets and a billion messages, step by step, for the page: what is multiplied by what. Pure.

import { LIMITS } from "./prices.ts";
import { DAY_S, DAYS, HOUSE, perSocket, simulate, talkOf } from "./simulate.ts";
import { figure, markdown, percent } from "./tables.ts";
import { type Results, unitsOf } from "./units.ts";
import { PRESETS, USUAL } from "./use.ts";

/** Sockets of the rooms whose pace is told. */
const ROOMS = [50, 1_000, 5_000] as const;

/** A table: what, how it is reckoned, what it comes to. */
export function arithmetic(results: Results): string {
  const use = { ...USUAL, ...PRESETS.million };
  const units = unitsOf(results);
  const talk = talkOf(use);
  const { limits, takes } = simulate(results, use);
  const near = (name: (typeof limits)[number]["limit"]) => limits.find(({ limit }) => limit === name)!;
  const average = talk.perMonth / (DAYS * DAY_S);
  const batch = talk.perMonth / talk.flushes;
  const { messageD1 } = results.keptBytes;
  const { each } = perSocket(results.processorMs.message);
  const written = (counts: typeof units.message) => (counts.objectRowsWritten ?? 0) + (counts.alarmsSet ?? 0);
  const rows: string[][] = [
    ["sockets", `${figure(use.rooms)} rooms × ${use.sockets}`, figure(takes.sockets)],
    ["messages a month", `${figure(use.messages)} a day × ${DAYS}`, figure(talk.perMonth)],
    [
      "messages a second",
      "on average; at the busiest second of active hours",
      `${figure(average)}; ${figure((average / use.active) * use.peak)}`,
    ],
    [
      "messages of one flush",
      `a room says one each ${figure(1 / talk.rate)} s in its active hours: 1 + ${figure(talk.rate)} × ${use.flush} s`,
      figure(batch),
    ],
    [
      "rows written in rooms, a message",
      `${figure(written(units.message))} + (${figure(written(units.flush))} of a flush) / ${figure(batch)} + (${figure(written(units.totals))} of totals) / ${figure(talk.perMonth / talk.totals)}`,
      figure(
        written(units.message) + written(units.flush) / batch + (written(units.totals) * talk.totals) / talk.perMonth,
      ),
    ],
    [
      "messages until one D1 database is full",
      `${figure(LIMITS.d1Bytes.most)} bytes / ${figure(messageD1)} bytes`,
      figure(LIMITS.d1Bytes.most / messageD1),
    ],
    [
      "D1 databases for a month's messages, by size",
      `${figure(near("d1Bytes").value)} bytes / ${figure(LIMITS.d1Bytes.most)}`,
      figure(Math.ceil(near("d1Bytes").share)),
    ],
    [
      "D1 databases by pace",
      `${figure(near("d1Rate").value)} statements a second at the peak / ${figure(LIMITS.d1Rate.most)}`,
      figure(Math.ceil(near("d1Rate").share)),
    ],
    [
      "months until an account's D1 is full",
      `${figure(LIMITS.d1AccountBytes.most)} bytes / ${figure(near("d1AccountBytes").value / use.months)} a month`,
      figure(LIMITS.d1AccountBytes.most / (near("d1AccountBytes").value / use.months)),
    ],
    [
      "the archive's queue",
      `${figure(near("queueRate").value)} of ${figure(LIMITS.queueRate.most)} messages a second at the peak`,
      percent(near("queueRate").share),
    ],
    ...ROOMS.map((sockets) => [
      `times a second that one object can tell ${figure(sockets)} sockets something`,
      `1,000 ms / (${figure(sockets)} × ${figure(each)} ms), on this machine`,
      figure(1_000 / (sockets * each)),
    ]),
    [
      "sockets of one room",
      `${figure(HOUSE.roomSockets)} of its own + ${HOUSE.relays} relays × ${figure(HOUSE.relaySockets)}`,
      figure(HOUSE.roomSockets + HOUSE.relays * HOUSE.relaySockets),
    ],
  ];
  return markdown(["", "how", ""], rows);
}
