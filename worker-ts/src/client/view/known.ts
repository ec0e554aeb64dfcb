// One stored message as the log has it: what it was when it came, and every change since, in order. Pure.
import type { Message, Person, Reaction } from "../entry";
import type { ChangeEvent } from "../events";
import type { RoomError } from "../room-error";

/** A message to show. `pending` and `failed` ones have seq 0 and stand last, in the order written. */
export interface ViewMessage extends Message {
  readonly status: "stored" | "pending" | "failed";
  /** Why it failed. */
  readonly error?: RoomError;
}

/** A message as it was true up to the log seq `asOf`, and the changes behind that. */
export interface Known {
  readonly base: Message;
  readonly asOf: number;
  /** By rising seq, all above `asOf`. */
  readonly changes: readonly ChangeEvent[];
  /** `base` with all changes. */
  readonly message: ViewMessage;
}

/** A message that came with an event or a page, brought forward by the changes that are known already. */
export function know(base: Message, asOf: number, changes: readonly ChangeEvent[]): Known {
  const later = changes.filter(({ seq }) => seq > asOf);
  return { base, asOf, changes: later, message: later.reduce(change, whole(base)) };
}

/** The same with one more change of the log. */
export function learn(known: Known, event: ChangeEvent): Known {
  if (event.seq <= known.asOf) return known;
  return { ...known, changes: [...known.changes, event], message: change(known.message, event) };
}

/** People who became known or have new names, as messages name them: from the room by ref, from HTTP by user id alone. */
interface Names {
  readonly byRef: ReadonlyMap<number, Person>;
  readonly byId: ReadonlyMap<string, Person>;
}

export function namesOf(people: readonly Person[]): Names {
  return {
    byRef: new Map(people.map((person) => [person.ref, person])),
    byId: new Map(people.map((person) => [person.id, person])),
  };
}

/** The same with these names; the very same when none of these people stands on it. */
export function rename(known: Known, names: Names): Known {
  const message = withNames(known.message, names);
  return message === known.message ? known : { ...known, base: withNames(known.base, names), message };
}

/** What is left of an erased message's own. */
const EMPTY = { text: "", files: [], editedAt: null, editSeq: null, reactions: [] } as const;

/** An erased message shows nothing of itself, whatever else it came with. */
function whole(message: Message): ViewMessage {
  return { ...message, ...(message.deletedAt === null ? {} : EMPTY), status: "stored" };
}

function change(message: ViewMessage, event: ChangeEvent): ViewMessage {
  if (message.deletedAt !== null) return message;
  switch (event.type) {
    case "edit":
      // What was erased later is told by its delete; and a replayed message may stand there as a later edit made it.
      if (event.text === "" || event.seq <= (message.editSeq ?? 0)) return message;
      return { ...message, text: event.text, editedAt: event.ts, editSeq: event.seq };
    case "delete":
      return { ...message, ...EMPTY, deletedAt: event.ts };
    case "react":
    case "unreact":
      return { ...message, reactions: react(message.reactions, event) };
  }
}

type ReactionChange = Extract<ChangeEvent, { readonly emoji: string }>;

/** The log holds only reactions that changed something, so each counts; but after a gap one may be known already. */
function react(reactions: readonly Reaction[], event: ReactionChange): readonly Reaction[] {
  const { emoji, mine, sender, type } = event;
  const old = reactions.find((reaction) => reaction.emoji === emoji);
  const others = (old?.people ?? []).filter(({ ref }) => ref !== sender);
  const had = old !== undefined && (mine ? old.mine : others.length < (old.people ?? []).length);
  if (type === "react") {
    const people = event.person === undefined ? others : [...others, event.person];
    const count = (old?.count ?? 0) + (had ? 0 : 1);
    const next: Reaction = { emoji, count, mine: mine || (old?.mine ?? false), people };
    return old === undefined ? [...reactions, next] : reactions.map((each) => (each === old ? next : each));
  }
  if (old === undefined) return reactions;
  const next: Reaction = { emoji, count: old.count - 1, mine: old.mine && !mine, people: others };
  return next.count > 0
    ? reactions.map((each) => (each === old ? next : each))
    : reactions.filter((each) => each !== old);
}

function withNames<M extends Message>(message: M, { byRef, byId }: Names): M {
  const { sender, author, reactions } = message;
  const writer = byRef.get(sender) ?? (author.id === "" ? undefined : byId.get(author.id));
  const reacted = reactions.some(({ people }) => people?.some(({ ref }) => byRef.has(ref)));
  if (writer === undefined && !reacted) return message;
  return {
    ...message,
    author: writer ?? author,
    reactions: reacted ? reactions.map((reaction) => named(reaction, byRef)) : reactions,
  };
}

function named(reaction: Reaction, byRef: Names["byRef"]): Reaction {
  if (reaction.people === undefined) return reaction;
  return { ...reaction, people: reaction.people.map((each) => byRef.get(each.ref) ?? each) };
}
