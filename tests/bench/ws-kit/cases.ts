// The cases of the suite `ws-kit`. Each is a few contenders that do the same work in the same workerd; what they tell is µs for one
// message, one copy of a message, or one socket.
import { loadavg } from "node:os";
import { summarize } from "../harness/statistics.ts";
import { type Comparison, compare, type Row } from "../harness/suite.ts";
import { type Cost, type Crowd, type Kind, type RoomOf, type Rooms, socketsFor } from "./rooms.ts";
import { type Figures, Rounds, type Runner } from "./turns.ts";

/** A case: measures, and answers its rows. */
export type Measure = (rooms: Rooms, pace: Pace, note: (text: string) => void) => Promise<Row[]>;

/** How long. */
export interface Pace {
  readonly rounds: number;
  /** ms that a turn lasts at least inside of the room; the clock there ticks in ms. */
  readonly turnMs: number;
}

const NAMES: Readonly<Record<Kind, string>> = {
  OURS: "ours",
  PARTYSERVER: "partyserver",
  CROSSWS: "crossws",
  BARE: "bare",
};
const FOUR: readonly Kind[] = ["OURS", "PARTYSERVER", "CROSSWS", "BARE"];
const TEXT = "forty characters of text, as people write";
const SAY = JSON.stringify({ type: "SAY", meta: {}, payload: { text: TEXT } });
const cast = (topic: string) => JSON.stringify({ type: "CAST", meta: {}, payload: { text: TEXT, topic } });
const SHARE_OF_FEW = 100;

const DISPATCH_SOCKETS = 20;
const DISPATCH_MESSAGES = 500;
const ADAPTER_US_MAX = 6;
const RESTORE_US = 15;
/** A difference of two measurements may come out below nothing; a ratio needs something. */
const LEAST_US = 0.01;

const crowdOf = (kind: Kind, sockets: number): RoomOf => ({ kind, name: `of-${sockets}`, sockets });

/** By the operation, without what the system does not tell. */
function perOperation({ wall, processor, inside }: Cost, operations: number): Figures {
  return {
    wall: wall / operations,
    inside: inside / operations,
    ...(processor === undefined ? {} : { processor: processor / operations }),
  };
}

/**
 * How often to do something for a turn to last. Doing it so often has warmed it up, too. Asked twice, because somebody else on the machine
 * may have taken the time.
 */
async function enough(turnMs: number, run: (times: number) => Promise<Cost>): Promise<number> {
  for (let times = 2; ; times *= 2) {
    const lasts = async () => (await run(times)).inside >= turnMs * 1000;
    if ((await lasts()) && (await lasts()) && (await lasts())) return times;
  }
}

/** A contender that hands a frame to its room from inside, so often that a turn lasts. `copies` come of each, spread over the crowd. */
async function fromInside(
  rooms: Rooms,
  crowd: Crowd,
  pace: Pace,
  frame: string,
  copies: number,
  perCopy: boolean,
  settled = true,
) {
  const run = (times: number) =>
    rooms.cost(() => rooms.call<number>(crowd.room, "inside", frame, times, settled), [crowd], copies * times);
  const times = await enough(pace.turnMs, run);
  const operations = perCopy ? times * copies : times;
  return { name: NAMES[crowd.room.kind], turn: async () => perOperation(await run(times), operations) };
}

const peersOf = (goal?: number) => ({ partyserver: goal, crossws: goal, bare: undefined });

/** µs per message: over the wire on workerd's processor, and inside of the room. */
export const dispatch: Measure = async (rooms, pace, note) => {
  const crowds = await rooms.crowds(FOUR.map((kind) => crowdOf(kind, DISPATCH_SOCKETS)));
  const messages = DISPATCH_SOCKETS * DISPATCH_MESSAGES;
  const runners: Runner[] = [];
  for (const crowd of crowds) {
    const { name, turn } = await fromInside(rooms, crowd, pace, SAY, 1, false);
    const sendAll = async () => {
      for (const line of crowd.lines) line.sendTexts(SAY, DISPATCH_MESSAGES);
      return 0;
    };
    runners.push({
      name,
      async turn() {
        const { wall = 0, processor } = perOperation(await rooms.cost(sendAll, [crowd], messages), messages);
        const { inside = 0 } = await turn();
        return { wall, inside, ...(processor === undefined ? {} : { processor }) };
      },
    });
  }
  const all = await Rounds.run("dispatch", runners, pace.rounds, note);
  return [
    ...all.rows("dispatch", { metric: "processor", unit: "us/message", goals: peersOf(1) }),
    ...all.rows("dispatch", { metric: "wall", unit: "us/message", goals: peersOf() }),
    ...all.rows("dispatch", { metric: "inside", unit: "us/message", goals: peersOf() }),
  ];
};

/** What the adapter adds to the same router without it, µs per message, beside the most it may. */
export const adapter: Measure = async (rooms, pace, note) => {
  const [crowd] = await rooms.crowds([crowdOf("OURS", DISPATCH_SOCKETS)]);
  const runners: Runner[] = [];
  for (const [name, method] of [
    ["ours", "inside"],
    ["router", "naked"],
  ] as const) {
    const run = (times: number) =>
      rooms.cost(() => rooms.call<number>(crowd!.room, method, SAY, times), [crowd!], times);
    const times = await enough(pace.turnMs * 2, run);
    runners.push({ name, turn: async () => perOperation(await run(times), times) });
  }
  const all = await Rounds.run("adapter", runners, pace.rounds * 2, note);
  // The processor's time, where it is told: a difference of two clocks would be mostly what others did on the machine meanwhile.
  const metric = all.of("ours", "processor").length > 0 ? "processor" : "inside";
  const router = all.of("router", metric);
  const added = all.of("ours", metric).map((us, round) => Math.max(LEAST_US, us - router[round]!));
  const what = { case: "adapter", unit: "us/message", better: "lower" } as const;
  return [
    limitRow({ ...what, metric: `added ${metric}`, peerName: `${ADAPTER_US_MAX} us`, goal: 1 }, added, ADAPTER_US_MAX),
    ...all.rows("adapter", { metric, unit: "us/message", goals: { router: undefined } }),
  ];
};

/** The row of a figure beside a fixed one. What lies below the noise counts as next to nothing. */
function limitRow(what: Comparison, figures: readonly number[], limit: number): Row {
  return { ...compare(what, summarize(figures), summarize([limit])), load: loadavg()[0]! };
}

/** µs per copy of a message to everybody. */
export const broadcast =
  (name: string, wished: number, kinds: readonly Kind[]): Measure =>
  async (rooms, pace, note) => {
    const sockets = socketsFor(kinds.length, wished);
    const runners: Runner[] = [];
    for (const crowd of await rooms.crowds(kinds.map((kind) => crowdOf(kind, sockets))))
      runners.push(await fromInside(rooms, crowd, pace, cast("all"), sockets, true));
    const all = await Rounds.run(name, runners, pace.rounds, note, sockets < wished ? ` of ${sockets} sockets` : "");
    return [
      ...all.rows(name, { metric: "processor", unit: "us/copy", goals: peersOf(1) }),
      ...all.rows(name, { metric: "inside", unit: "us/copy", goals: peersOf(1) }),
    ];
  };

/**
 * µs per message to one socket of a hundred: of the room alone, which finds the sockets and hands each its copy, and with the writes to the
 * network, which are the same for all. partyserver has no topics.
 */
export const topic =
  (name: string, wished: number): Measure =>
  async (rooms, pace, note) => {
    const sockets = socketsFor(2, wished);
    const runners: Runner[] = [];
    const alone: Runner[] = [];
    for (const crowd of await rooms.crowds([crowdOf("OURS", sockets), crowdOf("CROSSWS", sockets)])) {
      runners.push(await fromInside(rooms, crowd, pace, cast("few"), sockets / SHARE_OF_FEW, false));
      alone.push(await fromInside(rooms, crowd, pace, cast("few"), sockets / SHARE_OF_FEW, false, false));
    }
    const of = sockets < wished ? ` of ${sockets} sockets` : "";
    const all = await Rounds.run(name, runners, pace.rounds, note, of);
    const publishing = await Rounds.run(`${name} alone`, alone, pace.rounds, note, ` alone${of}`);
    return [
      ...publishing.rows(name, { metric: "inside", unit: "us/publish", goals: { crossws: 5 } }),
      ...all.rows(name, { metric: "inside", unit: "us/publish", goals: { crossws: undefined } }),
      ...all.rows(name, { metric: "processor", unit: "us/publish", goals: { crossws: undefined } }),
    ];
  };

/** µs per copy of the handler's publish, beside a loop of sends over the same sockets. */
export const publish =
  (name: string, wished: number): Measure =>
  async (rooms, pace, note) => {
    const sockets = socketsFor(2, wished); // those of the case `topic`, which are open by then
    const [crowd] = await rooms.crowds([crowdOf("OURS", sockets)]);
    const runners: Runner[] = [];
    for (const [contender, ...call] of [["ours", "publish", "all"] as const, ["a loop of sends", "loop"] as const]) {
      const [method, ...args] = call;
      const run = (times: number) =>
        rooms.cost(() => rooms.call<number>(crowd!.room, method, ...args, times), [crowd!], sockets * times);
      const times = await enough(pace.turnMs, run);
      runners.push({ name: contender, turn: async () => perOperation(await run(times), times * sockets) });
    }
    const all = await Rounds.run(name, runners, pace.rounds, note, sockets < wished ? ` of ${sockets} sockets` : "");
    const goals = { "a loop of sends": 1 / 1.1 };
    return [
      ...all.rows(name, { metric: "processor", unit: "us/copy", goals }),
      ...all.rows(name, { metric: "inside", unit: "us/copy", goals }),
    ];
  };

/** publishGlobal over shards of sockets, beside one bare call to each of the same shards. */
export const federate =
  (name: string, shards: number, wished: number): Measure =>
  async (rooms, pace, note) => {
    const sockets = socketsFor(shards, wished);
    const names = Array.from({ length: shards }, (_, n) => `shard-${n}`);
    const crowds = await rooms.crowds(names.map((shard) => ({ kind: "OURS", name: shard, sockets })));
    const caller = { kind: "OURS", name: "caller" } as const;
    const runners: Runner[] = [];
    for (const [contender, method] of [
      ["ours", "publishGlobal"],
      ["bare calls", "callEach"],
    ] as const) {
      const run = (times: number) =>
        rooms.cost(() => rooms.call<number>(caller, method, names, times), crowds, sockets * times);
      const times = await enough(pace.turnMs, run);
      runners.push({ name: contender, turn: async () => perOperation(await run(times), times * shards * sockets) });
    }
    const all = await Rounds.run(name, runners, pace.rounds, note, sockets < wished ? ` of ${sockets} sockets` : "");
    const goals = { "bare calls": 1 / 1.15 };
    return [
      ...all.rows(name, { metric: "processor", unit: "us/copy", goals }),
      ...all.rows(name, { metric: "wall", unit: "us/copy", goals }),
      ...all.rows(name, { metric: "inside", unit: "us/copy", goals: { "bare calls": undefined } }),
    ];
  };

/** µs per socket of an object that has slept: all at once for a publish, and each for a message of its own. */
export const restore =
  (name: string, wished: number): Measure =>
  async (rooms, pace, note) => {
    const sockets = socketsFor(2, wished); // those of the case `topic`, which are open by then
    const [crowd] = await rooms.crowds([crowdOf("OURS", sockets)]);
    const { room } = crowd!;
    const asleep = async <T>(method: string, ...args: readonly unknown[]): Promise<T> => {
      await rooms.call(room, "evict");
      return rooms.call<T>(room, method, ...args);
    };
    const inside = async (method: string) => ({ inside: ((await asleep<number>(method)) * 1000) / sockets });
    const runners: Runner[] = [
      { name: "ours", turn: () => inside("wakeAll") },
      { name: "attachments alone", turn: () => inside("readAll") },
      {
        name: "one by one",
        async turn() {
          await asleep("findSockets");
          const pass = () => rooms.cost(() => rooms.call<number>(room, "messageOfEach", SAY), [crowd!], sockets);
          const unknown = await pass();
          const known = await pass();
          const added = (unknown.processor ?? unknown.inside) - (known.processor ?? known.inside);
          return { added: Math.max(LEAST_US, added / sockets) };
        },
      },
    ];
    const all = await Rounds.run(name, runners, pace.rounds, note, sockets < wished ? ` of ${sockets} sockets` : "");
    const each = all.of("one by one", "added");
    const what = { case: name, metric: "own message", unit: "us/socket", better: "lower" } as const;
    return [
      ...all.rows(name, { metric: "inside", unit: "us/socket", goals: { "attachments alone": 1 / 1.5 } }),
      limitRow({ ...what, peerName: `${RESTORE_US} us` }, each, RESTORE_US),
    ];
  };

export const ALL_KINDS = FOUR;
