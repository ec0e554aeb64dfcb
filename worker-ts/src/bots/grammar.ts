// What people may type in a chat box to start something, and what they are told when it cannot be understood. Text in, order or answer
// out: nothing is started here.

/** What a command asks for. Spans are in ms. */
export type Order =
  | { readonly kind: "remind"; readonly ms: number; readonly text: string }
  | { readonly kind: "digest"; readonly days: number }
  | { readonly kind: "approve"; readonly text: string };

/** What a message comes to: nothing of ours, an order, or words to answer with. */
export type Read = { readonly order: Order } | { readonly answer: string } | null;

/** Most characters of what is to be remembered or approved. */
export const TEXT_MAX = 500;
/** A reminder comes after this at least, and this at most. */
const REMIND_MS_MIN = 1_000;
const REMIND_MS_MAX = 365 * 86_400_000;
/** Days of a digest. */
const DAYS_MAX = 31;

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
/** What else people write for a unit; plurals are known. */
const LONG_UNITS: Readonly<Record<string, string>> = {
  ...{ sec: "s", second: "s", min: "m", minute: "m", hr: "h", hour: "h", day: "d", week: "w" },
};

/** What there is, a line each. */
export const HELP = [
  "/remind 10m TEXT: says TEXT again, in 10 minutes (also 30s, 2h, 1h30m, 3d, 1w; a year at most)",
  "/digest 7d: who wrote how much here in the last 7 days (31 at most; without a number 7)",
  "/approve TEXT: asks everybody here to approve or reject TEXT; open for three days",
  "/help: this",
].join("\n");

const NAMES = ["remind", "digest", "approve", "help"] as const;

/** Whether a message may be a command: looked at for every message of every room. */
export const mayBeCommand = (text: string): boolean => text.charCodeAt(0) === 0x2f && /^\/[a-z]/i.test(text);

/** Reads a message. A word that is no command is nobody's business, unless it is nearly one. */
export function readCommand(text: string): Read {
  const found = /^\/([a-z]+)(?:\s+([\s\S]*))?$/i.exec(text.trim());
  if (found === null) return null;
  const word = found[1]!.toLowerCase();
  const rest = found[2]?.trim() ?? "";
  switch (word) {
    case "remind":
      return readRemind(rest);
    case "digest":
      return readDigest(rest);
    case "approve":
      return readApprove(rest);
    case "help":
      return { answer: HELP };
    default: {
      const meant = NAMES.find((name) => distance(name, word) <= (name.length > 4 ? 2 : 1));
      return meant === undefined
        ? null
        : { answer: `There is no /${word}. Did you mean /${meant}? /help tells what there is.` };
    }
  }
}

function readRemind(rest: string): Read {
  const [span = "", text] = cut(rest);
  if (span === "") return { answer: "Say when and what: /remind 10m take out the bread" };
  const ms = readSpan(span);
  if (ms === null)
    return {
      answer: `“${short(span)}” is no span of time I know. Write 30s, 10m, 2h, 1h30m, 3d or 1w: /remind 10m take out the bread`,
    };
  if (ms < REMIND_MS_MIN) return { answer: "A reminder takes a second at least." };
  if (ms > REMIND_MS_MAX) return { answer: "A reminder may be a year away, not more." };
  if (text === "") return { answer: `Say what to remind you of: /remind ${span} take out the bread` };
  return limited(text) ?? { order: { kind: "remind", ms, text: oneLine(text) } };
}

function readDigest(rest: string): Read {
  const example = "Write a number of days: /digest 7d";
  if (rest === "") return { order: { kind: "digest", days: 7 } };
  const ms = readSpan(/^\d+$/.test(rest) ? `${rest}d` : rest);
  if (ms === null) return { answer: `“${short(rest)}” is no number of days I know. ${example}` };
  const days = ms / UNITS["d"]!;
  if (!Number.isInteger(days) || days < 1) return { answer: `A digest is of whole days. ${example}` };
  if (days > DAYS_MAX) return { answer: `A digest may go back ${DAYS_MAX} days, not more. ${example}` };
  return { order: { kind: "digest", days } };
}

function readApprove(text: string): Read {
  if (text === "") return { answer: "Say what is to be approved: /approve release on Friday" };
  return limited(text) ?? { order: { kind: "approve", text: oneLine(text) } };
}

const limited = (text: string): Read => {
  const { length } = [...text];
  return length > TEXT_MAX
    ? { answer: `That is too long: ${TEXT_MAX} characters at most, and these are ${length}.` }
    : null;
};

/** A span such as `10m`, `1h30m` or `2 days` in ms; null for what is none, or has a unit twice. */
export function readSpan(text: string): number | null {
  if (!/^(?:\d{1,9}\s*[a-z]+\s*)+$/i.test(text)) return null;
  const seen = new Set<string>();
  let ms = 0;
  for (const [, count, unit] of text.toLowerCase().matchAll(/(\d+)\s*([a-z]+)/g)) {
    const name = unitOf(unit!);
    if (name === undefined || seen.has(name)) return null;
    seen.add(name);
    ms += Number(count) * UNITS[name]!;
  }
  return ms;
}

function unitOf(word: string): string | undefined {
  const single = word.length > 1 && word.endsWith("s") ? word.slice(0, -1) : word;
  const name = Object.hasOwn(LONG_UNITS, single) ? LONG_UNITS[single]! : single;
  return Object.hasOwn(UNITS, name) ? name : undefined;
}

/** The first word and what follows; `10 minutes tea` begins with a number, so its unit belongs to it. */
function cut(rest: string): [string, string] {
  const spaced = /^(\d+\s+[a-z]+)(?:\s+([\s\S]*))?$/i.exec(rest);
  if (spaced !== null && readSpan(spaced[1]!) !== null) return [spaced[1]!, spaced[2]?.trim() ?? ""];
  const [, span = "", text = ""] = /^(\S*)\s*([\s\S]*)$/.exec(rest) ?? [];
  return [span, text.trim()];
}

/** A card's lines are its own: what people write stands in one of them. */
const oneLine = (text: string): string => text.replaceAll(/\s+/g, " ");

const short = (text: string): string => (text.length > 40 ? `${oneLine(text.slice(0, 40))}…` : oneLine(text));

/** Letters to add, take away or change (Levenshtein). */
function distance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let row = 1; row <= a.length; row++) {
    const line = [row];
    for (let at = 1; at <= b.length; at++) {
      const change = above[at - 1]! + (a[row - 1] === b[at - 1] ? 0 : 1);
      line.push(Math.min(change, above[at]! + 1, line[at - 1]! + 1));
    }
    above = line;
  }
  return above[b.length]!;
}
