// Who else is in the room: here or away, typing, and how far they have read. Knows the client's room; no markup.
import type { Person, Present, Reader, Room } from "../../../src/client";
import { sortPeople } from "../people/people";

export class Company {
  #people: readonly Present[] = [];
  #readers: readonly Reader[] = [];
  #readBefore: number | undefined;
  #typists: readonly Person[] = [];

  /** Who is in the room, the user too; empty when it is too large for a list. */
  get people(): readonly Present[] {
    return this.#people;
  }
  /** Who is writing; never the user. */
  get typists(): readonly Person[] {
    return this.#typists;
  }
  /** How far the others have read. The same array until something changes. */
  get readers(): readonly Reader[] {
    return this.#readers;
  }
  /** How far the user had read when the room was opened here; undefined when the room has not told, or it was nothing. */
  get readBefore(): number | undefined {
    return this.#readBefore;
  }

  /** Listens to a room from now on; `changed` is called when something is to be drawn. */
  follow(room: Room, changed: () => void): void {
    const look = () => {
      this.#people = sortPeople([...room.here().values()], room.self?.id);
      const readers = [...room.readers().values()];
      this.#readers = readers.filter(({ person }) => person.id !== room.self?.id);
      this.#readBefore ??= readers.find(({ person }) => person.id === room.self?.id)?.seq;
      changed();
    };
    for (const type of ["presence", "receipt", "people"] as const) room.on(type, look);
    for (const type of ["role", "error"] as const) room.on(type, changed);
    room.on("typing", ({ people }) => {
      this.#typists = people;
      changed();
    });
  }
}
