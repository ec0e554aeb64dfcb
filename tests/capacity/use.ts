// What somebody wants to know the price of: the numbers that go into the simulator, their defaults, the presets, and the words on the command
// line that set them. What is not understood is an error with a code.

/** One thing that may be set. */
interface Knob {
  readonly about: string;
  readonly usual: number;
  /** The largest that is taken; the smallest is 0. */
  readonly most: number;
  /** Whether it must be a whole number. */
  readonly whole: boolean;
}

const count = (about: string, usual: number, most = 1e12): Knob => ({ about, usual, most, whole: true });
const amount = (about: string, usual: number, most: number): Knob => ({ about, usual, most, whole: false });

/** Everything that may be set, by its name on the command line. */
export const KNOBS = {
  rooms: count("rooms in which people talk", 20, 1e9),
  sockets: count("open sockets of each room while it is active", 20, 1e8),
  messages: count("messages a day, all rooms together", 5_000),
  text: count("letters of a message", 60, 10_000),
  active: amount("share of the day in which rooms are active", 1 / 3, 1),
  peak: amount("the busiest second, times the average of active hours", 3, 1_000),
  busiest: amount("the busiest room, times the average room", 10, 1e6),
  joins: amount("times a day that each socket is opened", 3, 1_000),
  marks: amount("read marks for each message and socket", 0.1, 1),
  typing: amount("other WebSocket messages that a sender sends with each message", 2, 1_000),
  posts: amount("share of messages that come by HTTP", 0.02, 1),
  pages: amount("pages of history read by HTTP for each time a socket is opened", 1, 1_000),
  files: count("files a day", 50),
  bytes: count("bytes of a file", 500_000, 10_485_760),
  months: amount("months of messages and files that are kept", 12, 1_200),
  kernels: count("kernels in use", 1, 1e9),
  cranks: count("cranks a day, all kernels together", 1_000),
  runs: count("workflow runs a day", 100),
  steps: amount("steps of a run", 5, 25_000),
  sleeps: amount("sleeps of a run", 0.5, 25_000),
  hooks: amount("hooks of a run", 0.2, 25_000),
  chunks: amount("stream chunks of a run", 20, 1e6),
  flush: amount("seconds until a message goes to the archive (ARCHIVE_FLUSH_MS)", 1, 86_400),
  totals: amount("seconds until what a room counted is saved and told (TOTALS_MS)", 5, 86_400),
  sampling: amount("share of events that the log keeps (observability.head_sampling_rate)", 1, 1),
} as const satisfies Readonly<Record<string, Knob>>;

/** Name of something that may be set. */
export type KnobName = keyof typeof KNOBS;

/** All of them, in the order of the help. */
export const KNOB_NAMES = Object.keys(KNOBS) as readonly KnobName[];

/** Where kernels have their rows. */
export const STORES = ["object", "d1"] as const;

/** What is reckoned. */
export type Use = Readonly<Record<KnobName, number>> & { readonly store: (typeof STORES)[number] };

/** What holds when nobody says anything. */
export const USUAL: Use = {
  ...(Object.fromEntries(KNOB_NAMES.map((name) => [name, KNOBS[name].usual])) as Record<KnobName, number>),
  store: "object",
};

/** What can be measured by itself: counts of rooms, of their upkeep and relays, of kernels and workflows, bytes that stay, the processor. */
export const PARTS = ["chat", "upkeep", "relays", "machines", "kept", "processor"] as const;
/** One of them. */
export type Part = (typeof PARTS)[number];

/** A million sockets and a billion messages a month. */
const MILLION = {
  rooms: 20_000,
  sockets: 50,
  messages: 33_333_333,
  files: 100_000,
  runs: 100_000,
  cranks: 1e6,
  kernels: 10_000,
  busiest: 30,
  months: 1,
  marks: 0.02,
} as const;

/** Uses with a name. */
export const PRESETS = {
  team: {},
  community: {
    rooms: 1_000,
    sockets: 30,
    messages: 1e6,
    files: 5_000,
    runs: 20_000,
    cranks: 100_000,
    kernels: 100,
    busiest: 30,
  },
  million: MILLION,
  /** The same use with three settings changed: the archive and the metrics a minute late, the log a sample. */
  thrifty: { ...MILLION, flush: 60, totals: 60, sampling: 0.01 },
} as const satisfies Readonly<Record<string, Partial<Use>>>;

/** Name of one of them. */
export type PresetName = keyof typeof PRESETS;

/** Nothing at all is used. */
export const NOTHING: Use = {
  ...USUAL,
  rooms: 0,
  messages: 0,
  sockets: 0,
  files: 0,
  kernels: 0,
  cranks: 0,
  runs: 0,
};

/** What is wrong with the words of a command line. */
export type ArgumentCode =
  | "UNKNOWN_OPTION"
  | "NO_VALUE"
  | "NO_NUMBER"
  | "OUT_OF_RANGE"
  | "UNKNOWN_PRESET"
  | "UNKNOWN_STORE"
  | "UNKNOWN_PART";

/** A command line that is not understood; `code` is stable, the message is one sentence. */
export class ArgumentError extends Error {
  readonly code: ArgumentCode;

  constructor(code: ArgumentCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** What the command line asks for. */
export interface Asked {
  readonly use: Use;
  readonly preset: PresetName;
  readonly json: boolean;
  /** What is to be measured first. */
  readonly measure: readonly Part[];
  readonly draw: boolean;
}

/** Reads the words behind `npm run capacity --`. Throws ArgumentError. */
export function readArguments(words: readonly string[]): Asked {
  let preset: PresetName = "team";
  let [json, draw] = [false, false];
  let measure: readonly Part[] = [];
  const set: Partial<Record<keyof Use, number | string>> = {};
  for (let at = 0; at < words.length; at++) {
    const [option = "", joined] = words[at]!.split(/=(.*)/s);
    if (option === "--json") json = true;
    else if (option === "--measure") measure = joined === undefined ? PARTS : partsOf(joined);
    else if (option === "--draw") draw = true;
    else if (option === "--preset") preset = presetOf(joined ?? words[++at]);
    else if (option === "--store") set.store = storeOf(joined ?? words[++at]);
    else {
      const name = KNOB_NAMES.find((one) => option === `--${one}`);
      if (name === undefined)
        throw new ArgumentError("UNKNOWN_OPTION", `There is no option ${words[at]}; --help names them all.`);
      set[name] = numberOf(name, joined ?? words[++at]);
    }
  }
  return { use: { ...USUAL, ...PRESETS[preset], ...set } as Use, preset, json, measure, draw };
}

function presetOf(word: string | undefined): PresetName {
  const names = Object.keys(PRESETS) as PresetName[];
  const found = names.find((name) => name === word);
  if (found === undefined) throw new ArgumentError("UNKNOWN_PRESET", `--preset takes one of: ${names.join(", ")}.`);
  return found;
}

function partsOf(word: string): readonly Part[] {
  const parts = word.split(",");
  const unknown = parts.find((part) => !PARTS.some((name) => name === part));
  if (unknown !== undefined) throw new ArgumentError("UNKNOWN_PART", `--measure= takes some of: ${PARTS.join(",")}.`);
  return PARTS.filter((name) => parts.includes(name));
}

function storeOf(word: string | undefined): Use["store"] {
  const found = STORES.find((name) => name === word);
  if (found === undefined) throw new ArgumentError("UNKNOWN_STORE", `--store takes one of: ${STORES.join(", ")}.`);
  return found;
}

function numberOf(name: KnobName, word: string | undefined): number {
  const { whole, most } = KNOBS[name];
  if (word === undefined || word.startsWith("--")) throw new ArgumentError("NO_VALUE", `--${name} takes a number.`);
  if (!/^\d[\d_]*(?:\.\d+)?(?:e\d+)?$/i.test(word))
    throw new ArgumentError("NO_NUMBER", `--${name} takes a number from 0 up, as 1000, 1_000 or 1e3, not "${word}".`);
  const value = Number(word.replaceAll("_", ""));
  if (value > most || (whole && !Number.isInteger(value)))
    throw new ArgumentError(
      "OUT_OF_RANGE",
      `--${name} takes a ${whole ? "whole " : ""}number up to ${most}, not ${word}.`,
    );
  return value;
}

/** What `--help` says. */
export function help(): string {
  const rows = KNOB_NAMES.map((name) => {
    const { about, usual } = KNOBS[name];
    return `  --${name.padEnd(12)}${about} (${Number(usual.toPrecision(3))})`;
  });
  return `npm run capacity [-- OPTIONS]

Reckons what a month of use costs on Cloudflare and which limit it comes near to, from the unit costs that were measured
(tests/bench/results/capacity.json) and the platform's published prices; docs/capacity.md tells how.

  --preset P    ${Object.keys(PRESETS).join(", ")}; what is said beside it changes it
${rows.join("\n")}
  --store S     where kernels have their rows: object or d1 (object)
  --json        the answer as JSON
  --draw        writes the picture and the page's tables anew from the results that are there
  --measure     measures the unit costs anew on the real Worker in workerd (ten minutes), and writes results, picture and tables;
                --measure=${PARTS.join(",")} measures some of them`;
}
