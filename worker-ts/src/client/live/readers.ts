// How far everybody has read, from RECEIPT frames (PROTOCOL.md section 7). Marks only grow. Pure.
import type { ReceiptEntry } from "@ferrule/core";
import type { Reader } from "../events";
import type { People } from "../feed/people";

/** The read marks of one room. */
export class Readers {
  readonly #people: People;
  #marks = new Map<number, number>();
  /** The marks by person; undefined when that has to be made anew. */
  #list: ReadonlyMap<string, Reader> | undefined;

  constructor(people: People) {
    this.#people = people;
  }

  /** By user id. Who is not known yet is missing until the room has told. The same map until something changes. */
  get list(): ReadonlyMap<string, Reader> {
    this.#list ??= new Map(this.#named([...this.#marks.keys()]).map((reader) => [reader.person.id, reader]));
    return this.#list;
  }

  /** Those who have read on. */
  handleReceipt(entries: readonly ReceiptEntry[]): Reader[] {
    const moved = entries.filter(({ ref, upTo }) => upTo > (this.#marks.get(ref) ?? 0));
    for (const { ref, upTo } of moved) this.#marks.set(ref, upTo);
    if (moved.length > 0) this.#list = undefined;
    return this.#named(moved.map(({ ref }) => ref));
  }

  /** Those of these people who have a mark. */
  handlePeople(refs: ReadonlySet<number>): Reader[] {
    const marked = [...refs].filter((ref) => this.#marks.has(ref));
    if (marked.length > 0) this.#list = undefined;
    return this.#named(marked);
  }

  clear(): void {
    this.#marks.clear();
    this.#list = undefined;
  }

  #named(refs: readonly number[]): Reader[] {
    return refs.flatMap((ref) => {
      const person = this.#people.meet(ref);
      return person === undefined ? [] : [{ person, seq: this.#marks.get(ref)! }];
    });
  }
}
