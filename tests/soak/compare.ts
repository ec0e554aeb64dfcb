// The end of a soak: what every client shows is what the room's log holds, what its pages tell and what the archive in D1 has; what was
// acknowledged is there once, and nothing besides. Answers sentences; none = all of it holds.
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { archived, filesWith, type LogRow, rowsOf } from "../harness/archive.ts";
import { history, standing } from "../harness/people.ts";
import type { Member } from "./member.ts";

const MESSAGE = 4;
const LOG = "SELECT seq, kind, target, lower(hex(cid)) AS cid FROM log ORDER BY seq";

/** Where the comparison looks. */
export interface Places {
  readonly url: string;
  /** The server's folder. */
  readonly state: string;
}

/** The first difference of two lists, as a sentence; nothing when they are equal. */
function difference(what: string, told: readonly unknown[], expected: readonly unknown[]): string[] {
  if (isDeepStrictEqual(told, expected)) return [];
  const at = expected.findIndex((entry, n) => !isDeepStrictEqual(entry, told[n]));
  const place = at < 0 ? expected.length : at;
  const [one, other] = [JSON.stringify(told[place]), JSON.stringify(expected[place])];
  return [`${what}: ${told.length} for ${expected.length}; the ${place + 1}th is ${one} for ${other}`];
}

const uuid = (hex: string) => hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");

/** The log of the room in which these people are, read from the disk: the one that holds what one of them wrote. */
function logOf(state: string, members: readonly Member[]): LogRow[] {
  const known = members.flatMap(({ written }) => [...written.keys()])[0]?.replaceAll("-", "");
  for (const file of filesWith(join(state, "v3/do"), "log")) {
    const rows = rowsOf<LogRow & { readonly cid: string }>(file, LOG);
    if (rows.some(({ cid }) => cid === known)) return rows.map(({ cid, ...row }) => ({ ...row, clientId: uuid(cid) }));
  }
  return [];
}

/** The log has no gap, and each thing that was acknowledged once, at its place; and no message that nobody was told is stored. */
function wrongInLog(log: readonly LogRow[], members: readonly Member[]): string[] {
  const places = new Map<string, number[]>();
  for (const { clientId, seq } of log) places.set(clientId, [...(places.get(clientId) ?? []), seq]);
  const acknowledged = members.flatMap(({ written, changed }) => [...written, ...changed]);
  const lost = acknowledged.filter(([id, seq]) => !isDeepStrictEqual(places.get(id), seq === 0 ? undefined : [seq]));
  const written = new Map(members.flatMap(({ written: own }) => [...own]));
  const strange = log.filter(({ kind, clientId }) => kind === MESSAGE && !written.has(clientId));
  return [
    ...difference(
      "a log without a gap",
      log.map(({ seq }) => seq),
      log.map((_, n) => n + 1),
    ),
    ...lost.map(([id, seq]) => `${id} was acknowledged as ${seq} and stands at ${JSON.stringify(places.get(id))}`),
    ...strange.map(({ seq }) => `the message ${seq} is stored, and nobody was told`),
  ].slice(0, 5);
}

/** What is wrong in a room whose people write no more. */
export async function wrongInRoom({ url, state }: Places, members: readonly Member[]): Promise<string[]> {
  const { roomId, guest } = members[0]!;
  const log = logOf(state, members);
  const told = await history(url, roomId, guest);
  const pages = told.map(standing);
  const identity = ({ seq, clientId }: { seq: number; clientId: string }) => [seq, clientId];
  const wrong = [
    ...wrongInLog(log, members),
    ...difference("pages and log", pages.map(identity), log.filter(({ kind }) => kind === MESSAGE).map(identity)),
    ...difference("archive and pages", archived(state, roomId).map(standing), pages),
  ];
  for (const { view, first, at, guest: person } of members) {
    if (at !== log.length) wrong.push(`${person.name} has heard up to ${at} of ${log.length}`);
    const shown = view.messages.filter(({ seq }) => seq >= first).map(standing);
    const expected = pages.filter(({ seq }) => seq >= first);
    wrong.push(...difference(`the view of ${person.name} and the pages`, shown, expected));
  }
  return wrong.slice(0, 10).map((sentence) => `${roomId}: ${sentence}`);
}

/** Whether the archive has caught up with what a room's pages tell. */
export async function isArchived({ url, state }: Places, { roomId, guest }: Member): Promise<boolean> {
  return isDeepStrictEqual(archived(state, roomId).map(standing), (await history(url, roomId, guest)).map(standing));
}
