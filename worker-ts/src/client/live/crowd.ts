// Who is in the room now, from PRESENCE frames (PROTOCOL.md section 7). Kept by connection: a person may have several tabs.
import { PRESENCE_OP, PRESENCE_STATE, type PresenceBody } from "@ferrule/core";
import type { Crowd, Present } from "../events";
import type { People } from "../feed/people";

/** The list of one room, or its totals when there are too many for a list. Pure. */
export class CrowdList {
  readonly #people: People;
  #connections = new Map<number, { readonly ref: number; readonly away: boolean }>();
  #crowd: Crowd | undefined;
  /** The list by person; undefined when it has to be made anew. */
  #here: ReadonlyMap<string, Present> | undefined;

  constructor(people: People) {
    this.#people = people;
  }

  get crowd(): Crowd | undefined {
    return this.#crowd;
  }

  /** By user id. Who is not known yet is missing until the room has told. The same map until something changes. */
  get here(): ReadonlyMap<string, Present> {
    this.#here ??= this.#fold();
    return this.#here;
  }

  handlePresence(body: PresenceBody): void {
    if (body.op === PRESENCE_OP.SELF) return;
    const { connections, people } = body;
    // Changes to a list that was never sent make none.
    const listed = body.op === PRESENCE_OP.SNAPSHOT || (body.op === PRESENCE_OP.DELTA && this.#crowd?.listed === true);
    this.#crowd = { connections, people, listed };
    if (body.op !== PRESENCE_OP.DELTA) this.#connections.clear();
    for (const { conn, ref, state } of listed && "list" in body ? body.list : []) {
      if (state === PRESENCE_STATE.GONE) this.#connections.delete(conn);
      else this.#connections.set(conn, { ref, away: state === PRESENCE_STATE.AWAY });
    }
    this.#here = undefined;
  }

  /** Whether one of these people is on the list, which then has changed. */
  handlePeople(refs: ReadonlySet<number>): boolean {
    const changed = [...this.#connections.values()].some(({ ref }) => refs.has(ref));
    if (changed) this.#here = undefined;
    return changed;
  }

  /** False when there was nothing to forget. */
  clear(): boolean {
    if (this.#crowd === undefined) return false;
    this.#connections.clear();
    this.#crowd = undefined;
    this.#here = undefined;
    return true;
  }

  #fold(): ReadonlyMap<string, Present> {
    const here = new Map<string, Present>();
    for (const { ref, away } of this.#connections.values()) {
      const person = this.#people.meet(ref);
      if (person === undefined) continue;
      const others = here.get(person.id);
      here.set(person.id, {
        person,
        connections: (others?.connections ?? 0) + 1,
        away: away && (others?.away ?? true),
      });
    }
    return here;
  }
}
