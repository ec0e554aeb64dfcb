// Writing what changes a message: EDIT, DELETE, REACT, UNREACT. The entry, the message as it is then, and what hangs on it are stored
// together or not at all.
import { KIND, relay, SYSTEM_EVENT } from "@ferrule/core";
import { type ChangeKind, verdictOf } from "../../room";
import type { ChangeEntry } from "../log";
import { edited, emptied, erased } from "./rewrite";
import { systemEntry } from "./system";
import { seenBefore, type WriteParts, type Writing, type Written } from "./written";

/** Writes the frame of this kind that the core has just read. */
export function writeChange(parts: WriteParts, kind: ChangeKind, writing: Writing): Written {
  const { log, people, noops, reactions } = parts;
  const { id, ref, now } = writing;
  const sum = relay.bodySum();
  const target = relay.number(0);
  const text = kind === KIND.DELETE ? "" : relay.text(0);
  const seen = seenBefore(parts, kind, writing, sum);
  if (seen !== undefined) return seen;
  const verdict = verdictOf({
    ...writing,
    kind,
    target: log.target(target),
    isHeir: (author) => people.isHeir(ref, author),
    hasReacted: () => reactions.has(target, text, ref),
    isOneTooMany: () => reactions.isOneTooMany(target, text),
  });
  if (verdict === "no_change") {
    noops.add(ref, id, { kind, sum, ts: now });
    return { status: "no_change" };
  }
  if (verdict !== "change") return { status: "refused", ...verdict };
  const place = log.next(now);
  const frame = relay.stamp(place.seq, place.ts, ref);
  const entry: ChangeEntry = { ...place, kind, ref, id, sum, frame, target, mention: 0 };
  if (kind === KIND.EDIT) edit(parts, entry, text);
  else if (kind === KIND.DELETE) return stored(remove(parts, entry));
  else if (kind === KIND.REACT) log.addAll([entry], () => reactions.add(target, text, ref, entry.seq));
  else log.addAll([entry], () => reactions.remove(target, text, ref));
  return stored([entry]);
}

function stored(entries: readonly [ChangeEntry, ...ChangeEntry[]]): Written {
  const [{ seq, ts }] = entries;
  return { status: "stored", seq, ts, frames: entries.map(({ frame }) => frame) };
}

/** The message keeps its place and shows the new text. One that was trimmed has no frame: the archive learns it from the entry. */
function edit({ log }: WriteParts, entry: ChangeEntry, text: string): void {
  const { target, seq, ts } = entry;
  const before = log.entry(target)?.frame ?? null;
  const frame = before === null ? null : edited(before, text, { editSeq: seq, editTs: ts });
  log.addAll([entry], () => log.rewrite({ seq: target, frame, touched: seq }));
}

/** Nothing of the message's text stays, its EDITs included; nobody reacts to it, and it is pinned no more, which the room is told. */
function remove({ log, pins, reactions }: WriteParts, entry: ChangeEntry): [ChangeEntry, ...ChangeEntry[]] {
  const { target, seq, ts, ref } = entry;
  const before = log.entry(target)?.frame ?? null;
  const frame = before === null ? null : erased(before, { deleteSeq: seq, deleteTs: ts, by: ref });
  const edits = log.changesOf([target]).filter(({ kind }) => kind === KIND.EDIT);
  const empty = edits.map((each) => ({ seq: each.seq, frame: emptied(each.frame) }));
  const unpinned = pins.has(target)
    ? [systemEntry({ event: SYSTEM_EVENT.UNPINNED, text: String(target), by: ref, target }, { seq: seq + 1, ts })]
    : [];
  const entries: [ChangeEntry, ...ChangeEntry[]] = [entry, ...unpinned];
  log.addAll(entries, () => {
    log.erase({ seq: target, frame, touched: seq }, ref);
    for (const each of empty) log.empty(each.seq, each.frame);
    reactions.clear(target);
    pins.remove(target);
  });
  return entries;
}
