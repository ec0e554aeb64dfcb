// How figures and doings are said. Pure; the clock is handed in.
import { plural } from "../../text/format";
import { sayLength } from "../../workflow/model/scale";
import type { AuditEntry, Now, Stuck } from "../api";
import { LATE_MS, type Sums } from "./rooms";

const NUMBER = new Intl.NumberFormat("en");
const UNITS = ["B", "KB", "MB", "GB"] as const;

/** A number as people read it. */
export const sayNumber = (number: number): string => NUMBER.format(number);

/** A size in words. */
export function sayBytes(bytes: number): string {
  let [size, unit] = [bytes, 0];
  while (size >= 1024 && unit < UNITS.length - 1) [size, unit] = [size / 1024, unit + 1];
  return `${unit === 0 ? size : Number(size.toFixed(1))} ${UNITS[unit]}`;
}

/** How long ago something was; what is yet to come, or just was, is now. */
export const sayAge = (at: number, now: number): string =>
  now - at < 1_000 ? "just now" : `${sayLength(Math.floor((now - at) / 1_000) * 1_000)} ago`;

/** A code of the wire in plain words. */
export const sayCode = (code: string): string => code.replaceAll("_", " ");

const DOINGS: Readonly<Record<string, string>> = {
  ban: "banned",
  unban: "unbanned",
  remove: "removed",
  role: "gave another role to",
  make_invite: "made an invitation",
  change_room: "changed the room",
  delete_room: "deleted the room",
  delete_message: "deleted a message",
  disable_user: "disabled",
  enable_user: "enabled",
  delete_user: "deleted the account",
  sign_out_user: "signed out",
  resend_archive: "had the archive sent again",
  disconnect: "disconnected",
  begin_chore: "began a chore again",
  wake_run: "woke a run",
  replay_letter: "replayed a dead letter",
  discard_letter: "discarded a dead letter",
  send_message: "put a message into a queue",
  begin_backup: "began a backup",
  begin_restore: "began a restore",
  end_restore: "ended a restore",
};

/** What was done, of an entry of the audit. */
export function sayDoing({ action, detail }: Pick<AuditEntry, "action" | "detail">): string {
  if (action === "change_room" && "closed" in detail)
    return detail["closed"] === true ? "closed the room" : "reopened the room";
  return DOINGS[action] ?? sayCode(action);
}

/** The rest of what an entry says, as `name: value`. */
export const sayDetail = ({ detail }: Pick<AuditEntry, "detail">): string =>
  Object.entries(detail)
    .filter(([, value]) => value !== null && value !== "")
    .map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(", ");

/** Dead letters that nobody has replayed. */
export const waitingLetters = ({ deadLetters }: Pick<Now, "deadLetters">): number =>
  deadLetters.reduce((sum, { waiting }) => sum + waiting, 0);

/** What is known of everything; undefined what is not known now. */
export interface Standing {
  readonly now: Now | undefined;
  /** Over the rooms that were asked; `all`: there are no others that are active. */
  readonly rooms: { readonly sums: Sums; readonly asked: number; readonly all: boolean } | undefined;
  readonly stuck: (Pick<Stuck, "more"> & { readonly runs: readonly unknown[] }) | undefined;
}

/** Queues of which nothing may wait for long; in the others some messages wait on purpose. */
const isPrompt = (queue: string): boolean => queue.startsWith("ferrule-archive");

/** Queues in which something has waited for too long. */
export const lateQueues = ({ at, queues }: Pick<Now, "at" | "queues">): number =>
  queues.filter(({ name, oldestAt }) => isPrompt(name) && oldestAt !== null && at - oldestAt > LATE_MS).length;

/** Whether a chore waits that should be done by now. */
const isLate = ({ at, chores }: Pick<Now, "at" | "chores">): boolean =>
  chores.oldestAt !== null && at - chores.oldestAt > LATE_MS;

/** Everything that needs somebody, each with its number. */
function troublesOf({
  now,
  rooms,
  stuck,
}: Standing): readonly (readonly [count: number, one: string, many?: string])[] {
  const sums = rooms?.sums;
  return [
    [now === undefined ? 0 : waitingLetters(now), "dead letter"],
    [now === undefined ? 0 : lateQueues(now), "queue that stands still", "queues that stand still"],
    [sums?.late ?? 0, "room that is not archived", "rooms that are not archived"],
    [sums?.behind ?? 0, "slow consumer"],
    [sums?.silent ?? 0, "silent room"],
    [stuck?.runs.length ?? 0, "stuck run"],
    [now !== undefined && isLate(now) ? now.chores.count : 0, "unfinished chore"],
  ];
}

/**
 * What an owner should know at once, in a sentence or two; the same as long as nothing of it changes. That nothing needs anybody is said of
 * what is known alone.
 */
export function sayTrouble(standing: Standing): string {
  const { now, rooms, stuck } = standing;
  const said = troublesOf(standing)
    .filter(([count]) => count > 0)
    .map(([count, one, many]) =>
      many !== undefined && count > 1 ? `${sayNumber(count)} ${many}` : plural(count, one),
    );
  const unknown = [
    ...(now === undefined ? ["figures"] : []),
    ...(rooms === undefined ? ["rooms"] : []),
    ...(stuck === undefined ? ["runs"] : []),
  ];
  const known = unknown.length < 3;
  const first = said.length > 0 ? `Needs a look: ${said.join(", ")}.` : known ? "Nothing that is known needs you." : "";
  if (unknown.length > 0) return `${first} Not known now: ${unknown.join(", ")}.`.trim();
  if (said.length > 0) return first;
  return rooms?.all === false
    ? `Nothing needs you in the ${rooms.asked} rooms that are asked; there are more.`
    : "Nothing needs you.";
}

/** A JSON text, indented; what is none, as it is. */
export function prettyJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
