// Who the room's refs are. Pure: entries in, people out.
import { PERSON_FLAG, type PeopleEntry } from "@ferrule/core";
import type { Author, Person } from "../entry";

/** Shown until the room has told who it is. */
const UNKNOWN: Author = { id: "", name: "…", guest: false };

/** The people of one room and epoch. An entry told again replaces the older one: that is how names change. */
export class People {
  #known = new Map<number, Person>();
  #unknown = new Set<number>();
  #asked = new Set<number>();

  /** The entries that are new or changed. */
  tell(entries: readonly PeopleEntry[]): Person[] {
    const changed: Person[] = [];
    for (const { ref, flags, userId, name } of entries) {
      const person: Person = {
        ref,
        id: userId,
        name,
        guest: (flags & PERSON_FLAG.GUEST) !== 0,
        bot: (flags & PERSON_FLAG.BOT) !== 0,
        gone: (flags & PERSON_FLAG.GONE) !== 0,
      };
      const old = this.#known.get(ref);
      this.#unknown.delete(ref);
      if (old !== undefined && same(old, person)) continue;
      this.#known.set(ref, person);
      changed.push(person);
    }
    return changed;
  }

  find(ref: number): Person | undefined {
    return this.#known.get(ref);
  }

  /** As `find`, but a stranger is noted, for `pollUnknown`. */
  meet(ref: number): Person | undefined {
    const person = this.#known.get(ref);
    if (person === undefined && ref !== 0 && !this.#asked.has(ref)) this.#unknown.add(ref);
    return person;
  }

  /** The author behind a ref. */
  author(ref: number): Author {
    return this.meet(ref) ?? UNKNOWN;
  }

  /** Up to `most` refs to ask the room for; each is handed out once. */
  pollUnknown(most: number): number[] {
    const refs = [...this.#unknown].slice(0, most);
    for (const ref of refs) {
      this.#unknown.delete(ref);
      this.#asked.add(ref);
    }
    return refs;
  }

  /** Refs of another epoch are void. */
  forget(): void {
    this.#known.clear();
    this.#unknown.clear();
    this.#asked.clear();
  }
}

function same(a: Person, b: Person): boolean {
  return a.id === b.id && a.name === b.name && a.guest === b.guest && a.bot === b.bot && a.gone === b.gone;
}
