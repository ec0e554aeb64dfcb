// Own changes that the room has not confirmed yet, and the messages as they will be: what is done here is seen at once. Pure.
import type { Outgoing, Reaction, ViewMessage } from "../../../src/client";

/** A message as it is shown: with own changes that are under way. */
export interface ShownMessage extends ViewMessage {
  /** An own edit is on its way. */
  readonly changing?: true;
  /** It is being deleted: it can still be taken back, or it has been sent. */
  readonly leaving?: "undo" | "sent";
}

/** Changes on their way, by id, in the order they were made. */
export class Underway {
  /** `seq`: what the room has made of it; it is told in the log too, later or before. */
  readonly #changes = new Map<string, { readonly entry: Outgoing; seq: number | undefined }>();

  add(entry: Outgoing): void {
    if (!this.#changes.has(entry.id)) this.#changes.set(entry.id, { entry, seq: undefined });
  }

  /** The room has stored it at a seq; 0 = there was nothing to change. */
  stored(id: string, seq: number): void {
    const change = this.#changes.get(id);
    if (change !== undefined) change.seq = seq;
  }

  drop(id: string): void {
    this.#changes.delete(id);
  }

  /** Forgets what the log has told up to a seq. */
  settle(handled: number): void {
    for (const [id, { seq }] of this.#changes) if (seq !== undefined && seq <= handled) this.#changes.delete(id);
  }

  /** The changes of each message, by its seq. */
  byTarget(): ReadonlyMap<number, readonly Outgoing[]> {
    const all = new Map<number, Outgoing[]>();
    for (const { entry } of this.#changes.values()) {
      if (entry.target === null) continue;
      const list = all.get(entry.target);
      if (list === undefined) all.set(entry.target, [entry]);
      else list.push(entry);
    }
    return all;
  }

  get size(): number {
    return this.#changes.size;
  }
}

/** Own reaction put on or taken off; the same when it is so already. */
function react(reactions: readonly Reaction[], emoji: string, on: boolean): readonly Reaction[] {
  const old = reactions.find((reaction) => reaction.emoji === emoji);
  if ((old?.mine ?? false) === on) return reactions;
  if (old === undefined) return [...reactions, { emoji, count: 1, mine: true }];
  const next = { ...old, count: old.count + (on ? 1 : -1), mine: on };
  return next.count === 0
    ? reactions.filter((each) => each !== old)
    : reactions.map((each) => (each === old ? next : each));
}

function changed(message: ShownMessage, { kind, text }: Outgoing): ShownMessage {
  if (message.deletedAt !== null) return message;
  switch (kind) {
    case "edit":
      return { ...message, text, changing: true };
    case "delete":
      return { ...message, leaving: "sent" };
    case "react":
    case "unreact":
      return { ...message, reactions: react(message.reactions, text, kind === "react") };
    default:
      return message;
  }
}

/**
 * The messages with what is under way.
 * @param leaving seqs of messages whose deletion can still be taken back.
 * @returns the very same list when nothing is under way.
 */
export function withUnderway(
  messages: readonly ViewMessage[],
  underway: Underway,
  leaving: ReadonlySet<number>,
): readonly ShownMessage[] {
  if (underway.size === 0 && leaving.size === 0) return messages;
  const changes = underway.byTarget();
  return messages.map((message) => {
    if (message.status !== "stored") return message;
    const shown = (changes.get(message.seq) ?? []).reduce(changed, message as ShownMessage);
    return leaving.has(message.seq) && shown.deletedAt === null ? { ...shown, leaving: "undo" } : shown;
  });
}
