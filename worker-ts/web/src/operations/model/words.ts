// How figures and doings are said. Pure; the clock is handed in.
import { plural } from "../../text/format";
import { sayLength } from "../../workflow/model/scale";
import type { AuditEntry, Now } from "../api";
import type { Sums } from "./rooms";

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

/** What an owner should know at once, in a sentence; the same sentence as long as nothing of it changes. */
export function sayTrouble(now: Now | undefined, sums: Sums, stuck: number): string {
  const troubles = [
    [now === undefined ? 0 : waitingLetters(now), "dead letter"],
    [sums.behind, "slow consumer"],
    [sums.silent, "silent room"],
    [stuck, "stuck run"],
    [now?.chores.count ?? 0, "unfinished chore"],
  ] as const;
  const said = troubles.filter(([count]) => count > 0).map(([count, one]) => plural(count, one));
  return said.length === 0 ? "Nothing needs you." : `Needs a look: ${said.join(", ")}.`;
}

/** A JSON text, indented; what is none, as it is. */
export function prettyJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
