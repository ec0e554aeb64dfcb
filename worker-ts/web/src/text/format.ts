// How names, times and sizes read. Pure; the clock is handed in.

const TIME = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const SHORT_DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const DAY = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const DAY_AND_YEAR = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long", year: "numeric" });

/** A time in words. Intl throws at numbers that are none: what others send must not break what is drawn of it. */
const say = (format: Intl.DateTimeFormat, ts: number): string =>
  Number.isNaN(new Date(ts).getTime()) ? "unknown time" : format.format(ts);

/** Hours and minutes of a time (ms since 1970), as the reader writes them. */
export const timeLabel = (ts: number): string => say(TIME, ts);

/** The time for today's, the day for others. */
export const shortLabel = (ts: number, now: number): string =>
  dayKey(ts) === dayKey(now) ? timeLabel(ts) : say(SHORT_DAY, ts);

/** The time, and the day before it where that is not today: for what is yet to come. */
export function momentLabel(ts: number, now: number): string {
  const day = shortLabel(ts, now);
  return dayKey(ts) === dayKey(now) ? day : `${day}, ${timeLabel(ts)}`;
}

/** Date and time in full, for tooltips. */
export const fullLabel = (ts: number): string => say(FULL, ts);

/** The local calendar day of a time, as a key: equal for equal days, whatever the clock change. */
export function dayKey(ts: number): string {
  const date = new Date(ts);
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
}

/** "Today", "Yesterday", "Monday, 2 March", or with the year when it is another one. */
export function dayLabel(ts: number, now: number): string {
  const date = new Date(ts);
  const today = new Date(now);
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1);
  if (dayKey(ts) === dayKey(now)) return "Today";
  if (dayKey(ts) === dayKey(yesterday.getTime())) return "Yesterday";
  return say(date.getFullYear() === today.getFullYear() ? DAY : DAY_AND_YEAR, ts);
}

/** One or two letters for an avatar: first and last word's, or a guest's own letter ("Guest-WXYZ" is W). */
export function initials(name: string): string {
  const words = name
    .replace(/^guest-/iu, "")
    .split(/[\s\-_.]+/u)
    .filter((word) => word !== "");
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => [...(word ?? "")][0] ?? "");
  return letters.join("").toLocaleUpperCase() || "?";
}

/** How many avatar colours the style sheet has. */
export const HUES = 12;

/** A colour number for an id, the same everywhere (FNV-1a over its UTF-16 units). */
export function hue(id: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < id.length; at += 1) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193);
  return ((hash ^ (hash >>> 15)) >>> 0) % HUES;
}

const encoder = new TextEncoder();

/** Bytes of a text in UTF-8. */
export const byteLength = (text: string): number => encoder.encode(text).length;

/** "1 message", "3 messages". */
export const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? "" : "s"}`;
