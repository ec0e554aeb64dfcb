// What a room answers to its relays. A frame that came this way is answered by the same functions as one of a socket of the room's own;
// only what is to be done with the connection is written down here and done there.

import { type ErrorName, KIND, relay } from "@ferrule/core";
import { logFailure } from "../../../platform/log";
import { historyPage } from "../../log/page/history";
import { replayPart } from "../../log/replay";
import type { TotalName } from "../../log/totals";
import type { OpenRoom } from "../../open-room";
import type { RoleName } from "../../operation";
import { REFUSAL } from "../../room";
import { answer } from "../../socket/frame/answer";
import type { Peer, PeerFacts, Renewal } from "../../socket/frame/peer";
import { missedState, openingOf, surroundings, welcomeFrames } from "../../socket/frame/welcome";
import { readUpTo } from "../../socket/live/receipts";
import { isRemoved } from "../../socket/live/standing";
import { isUnwanted, standingOfRef, UNWANTED, type Unwanted, unwantedAs } from "../../socket/refresh";
import { isSameEpoch } from "../epoch";
import type { Act, Answer, Entries, Refreshing, Sender, UpAnswer, UpBatch, UpItem } from "../shapes";

/** A connection behind a relay: what is done with it is written down. */
class FarPeer implements Peer {
  readonly facts: PeerFacts;
  readonly open = true;
  readonly acts: Act[] = [];

  constructor(facts: PeerFacts) {
    this.facts = facts;
  }

  send(frame: Uint8Array): void {
    this.acts.push(["send", frame]);
  }

  refuse(code: number, text: string, id: Uint8Array | null): void {
    this.acts.push(["refuse", code, text, id]);
  }

  hold(kind: number, id: Uint8Array | null, retryAfterMs: number): void {
    this.acts.push(["hold", kind, id, retryAfterMs]);
  }

  fail(error: ErrorName, text: string): void {
    this.acts.push(["fail", error === "FORBIDDEN" || error === "UNAUTHENTICATED" ? error : "INTERNAL", text]);
  }

  prolong(renewal: Renewal): void {
    this.acts.push(["prolong", renewal]);
  }

  wrote(): void {
    // the relay knows who types, and what it passed up
  }
}

/** Handles all that one relay has to say, in one run. The same batch again has the same answer, while this life lasts. */
export function serveUp(room: OpenRoom, batch: UpBatch): UpAnswer {
  const line = room.relays.line(batch.n);
  const key = `${batch.life}/${batch.number}`;
  if (line.last?.key === key) return line.last.answer;
  return line.hold(() => {
    // the log was replaced meanwhile: these refs are other people's now. Who had joined begins anew by the push; these come again
    if (!isSameEpoch(batch.epoch, room.epoch)) return { push: line.take(), answers: batch.items.map(() => OVER) };
    line.hear(batch.report);
    // the push says so, and comes first
    if (isRemoved(room)) return { push: line.take(), answers: batch.items.map(() => OVER) };
    const answers = serveAll(room, batch);
    line.last = { key, answer: { push: line.take(), answers } };
    return line.last.answer;
  });
}

const OVER: Answer = { acts: [["fail", "INTERNAL", "the room was put back to another time"]] };

function serveAll(room: OpenRoom, { counts, typing, reads, items }: UpBatch): Answer[] {
  for (const [name, by] of Object.entries(counts)) room.totals.count(name as TotalName, by);
  const answers = room.fanOut.together(() => {
    for (const [ref, state] of typing) if (!isUnwanted(roleOf(room, { ref }))) room.typists.tell(ref, state);
    for (const [ref, upTo] of reads) if (!isUnwanted(roleOf(room, { ref }))) readUpTo(room, ref, upTo);
    // a page and a whole state last, as of all that the batch brought: the relay has it when it takes them, and would ask anew
    const first = items.map((item) => (isOfHead(item) ? undefined : serve(room, item)));
    return items.map((item, at) => first[at] ?? serve(room, item));
  });
  // what was answered stands at head: so must all that the relay has got by then
  if (items.some(({ type }) => type !== "frame")) room.fanOut.flush();
  return answers;
}

const isOfHead = ({ type }: UpItem): boolean => type === "page" || type === "missed";

/** What somebody behind a relay is here now. The relay knows what the directory said when it let them in. */
function roleOf(room: OpenRoom, from: Pick<Sender, "ref"> & Partial<Sender>): RoleName | Unwanted {
  return standingOfRef(room, from.ref, { role: from.role ?? "member", roleAt: from.roleAt ?? 0 });
}

/** Answers one item; whatever goes wrong in it ends its connection and no other. */
function serve(room: OpenRoom, item: UpItem): Answer {
  try {
    return serveItem(room, item);
  } catch (error) {
    logFailure("answer a frame that came through a relay", error);
    return { acts: [["fail", "INTERNAL", REFUSAL.internal.text]] };
  }
}

function serveItem(room: OpenRoom, item: UpItem): Answer {
  const role = roleOf(room, item);
  if (isUnwanted(role)) return { acts: [["fail", unwantedAs(role), UNWANTED]] };
  switch (item.type) {
    case "frame":
      return frame(room, item, role);
    case "hello":
      return hello(room, item, role);
    case "page": {
      const [id, direction, from, limit] = item.page;
      const page = historyPage(room, { id, direction, from, limit, reader: item.ref }, room.settings.now());
      return { acts: [["send", page]], asOf: room.log.head };
    }
    case "missed":
      return { acts: missedState(room, item.missed).map((each) => ["send", each]) };
  }
}

function frame(room: OpenRoom, { conn, ref, bytes }: UpItem & { type: "frame" }, role: RoleName): Answer {
  const peer = new FarPeer({ conn, ref, role, userId: "", expiresAt: 0 });
  const kind = relay.read("up", bytes);
  if (kind <= 0 || kind === KIND.AUTH_REFRESH) throw new Error("a relay passed a frame that is none");
  const id = relay.id();
  // the connection's own buckets are at the relay; those of the person, for all doors together, are here
  const wait = room.limits.write(ref, kind);
  if (wait > 0) peer.hold(kind, id, wait);
  else void answer(room, peer, kind, id, bytes);
  return { acts: peer.acts };
}

function hello(room: OpenRoom, item: UpItem & { type: "hello" }, role: RoleName): Answer {
  const { conn, ref, roleAt, userId, expiresAt, again } = item;
  if (again && room.people.refOf(userId) !== ref) return OVER;
  const opening = openingOf(room, item);
  const { features, startSeq } = opening;
  const who = { conn, ref, role, userId, expiresAt };
  const told = [...welcomeFrames(room, who, features, opening), ...surroundings(room, ref, features)];
  return { acts: told.map((each) => ["send", each]), opened: { features, startSeq, role, roleAt } };
}

/** Answers an AUTH_REFRESH that came to a relay. */
export async function serveRefresh(
  room: OpenRoom,
  { conn, ref, role, userId, expiresAt }: Refreshing,
  bytes: Uint8Array,
): Promise<Answer> {
  const peer = new FarPeer({ conn, ref, role, userId, expiresAt });
  const kind = relay.read("up", bytes);
  if (kind !== KIND.AUTH_REFRESH) throw new Error("a relay passed an AUTH_REFRESH that is none");
  await answer(room, peer, kind, relay.id(), bytes);
  return { acts: peer.acts };
}

/** The entries behind `after` for a relay or for one that resumes there. */
export function serveEntries({ log, people, settings, epoch }: OpenRoom, after: number): Entries {
  return { epoch, ...replayPart(log, people, after, settings.now()) };
}
