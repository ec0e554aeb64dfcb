// Who is here, per connection (PROTOCOL.md section 7, PRESENCE), and who must be introduced to whom (section 5). Open sockets
// and their attachments are the truth: nothing of it is stored but whether the room was told by totals last.
import { encode, FEATURE, PRESENCE_OP, PRESENCE_STATE, type PresenceBody, type PresenceEntry } from "@ferrule/core";
import type { People } from "../../log/people";
import type { Meta } from "../../log/tables";
import type { RoomSettings } from "../../settings";
import type { Connection } from "../connection";
import type { Connections } from "../connections";
import type { FanOut } from "../fan-out";
import type { Cast } from "../frame/load";

const NONE: readonly Cast[] = [];

/** What became of one connection within a tick, as PRESENCE_STATE. */
interface Change {
  readonly ref: number;
  /** What all have been told. */
  readonly from: number;
  to: number;
  /** How many snapshots had been made before: a later one may show what lay between. */
  readonly snapshots: number;
}

/** What presence works on. */
export interface PresenceParts {
  readonly connections: Connections;
  readonly people: People;
  readonly meta: Meta;
  readonly fanOut: FanOut;
  readonly settings: RoomSettings;
  /** Runs something once, `ms` from now. */
  readonly after: (ms: number, run: () => void) => void;
  /** Connections that have joined, and their people, who are behind relays. */
  readonly elsewhere: () => Crowd;
  /** Whether anybody is behind relays, or may be. */
  readonly isElsewhere: () => boolean;
}

/** How many are here. */
export interface Crowd {
  readonly connections: number;
  readonly people: number;
}

/**
 * Who is here. While the room is no crowd, everybody who has joined knows the PEOPLE entries of all who are here, and each
 * connection by its state. In a crowd nobody can be taken to know anybody: only totals are told, and whoever says something
 * is introduced each time.
 */
export class Presence {
  readonly #parts: PresenceParts;
  /** By number of the connection; all that a tick has changed. */
  readonly #changes = new Map<number, Change>();
  #crowded: boolean;
  /** Whether totals are to be told at the end of this tick, and whether a timer runs that will say so. */
  #totalsDue = false;
  #totalsWait = false;
  #snapshots = 0;
  /** The whole state as a frame, while it holds. */
  #whole: Uint8Array | undefined;

  constructor(parts: PresenceParts) {
    this.#parts = parts;
    this.#crowded = parts.meta.find("crowded") === 1;
  }

  /** Whether only totals are told, and nobody can be taken to know anybody. */
  get isCrowd(): boolean {
    return this.#crowded;
  }

  /** Somebody joins behind a relay, or leaves there: from the first on, the room is a crowd, for nobody lists those. */
  changeElsewhere(): void {
    this.#whole = undefined;
    if (this.#crowded) this.#awaitTotals();
    else if (this.#hasElsewhere) this.#turn(true);
  }

  get #hasElsewhere(): boolean {
    return this.#parts.isElsewhere();
  }

  /** Lets a connection that said HELLO be one of those who are here: the others learn its PEOPLE entry, and soon its state. */
  join(connection: Connection): void {
    const { connections, fanOut, settings } = this.#parts;
    const { ref } = connection.state;
    const count = connections.joined().size;
    if (this.#crowded && count === 0 && !this.#hasElsewhere) this.#turn(false);
    if (!this.#crowded && count >= settings.presenceListMax) this.#turn(true);
    // Before the newcomer counts as one of them. Another tab of somebody who is here is nobody new.
    if (!this.#crowded && !connections.people().has(ref)) this.introduce(ref);
    connections.join(connection);
    fanOut.skip(connection);
    this.#whole = undefined;
  }

  /** Tells the others of a connection that has joined. Comes behind its own `whole`, which shows it already. */
  announce({ state }: Connection): void {
    if (state.hello) this.#note(state.conn, state.ref, PRESENCE_STATE.GONE, state.presence);
  }

  /** Takes what a connection says of itself: here or away. */
  set(connection: Connection, presence: number): void {
    const { state } = connection;
    if (state.presence === presence) return;
    const before = state.presence;
    state.presence = presence;
    connection.save();
    if (!this.#crowded) this.#note(state.conn, state.ref, before, presence);
  }

  /** A connection that had joined is gone; one that was overlooked is unknown to those who have come since. */
  leave({ state }: Connection, overlooked: boolean): void {
    if (overlooked && !this.#crowded) this.introduce(state.ref);
    this.#note(state.conn, state.ref, state.presence, PRESENCE_STATE.GONE);
  }

  /** The whole state as a frame, a snapshot or totals. */
  whole(): Uint8Array {
    return this.#state();
  }

  /** Refs whose PEOPLE entries somebody needs who joins now, the own `ref` included. */
  refsFor(ref: number): Set<number> {
    if (this.#crowded) return new Set([ref]);
    const refs = new Set(this.#parts.connections.people().keys());
    // Those who have just left come in the next delta.
    for (const { ref: changed } of this.#changes.values()) refs.add(changed);
    return refs;
  }

  /** Tells everybody who is here who this is: somebody new, or one with another name. */
  introduce(ref: number): void {
    this.#parts.fanOut.publish(this.#people([ref]));
  }

  /** Whether everybody knows this person; the room itself (0) has no entry. */
  knows(ref: number): boolean {
    return ref === 0 || (!this.#crowded && this.#parts.connections.people().has(ref));
  }

  /** PEOPLE of those of these refs whom not everybody knows, to go right before a frame of theirs; `wants` is that frame's. */
  introductions(refs: readonly number[], wants?: number): readonly Cast[] {
    const strangers = refs.filter((ref) => !this.knows(ref));
    return strangers.length === 0 ? NONE : this.#people(strangers, wants);
  }

  /** What this tick came to, for all: one frame, or none when nothing is different now. */
  merged(): Cast[] {
    return this.#crowded ? this.#mergedCrowd() : this.#mergedList();
  }

  #mergedCrowd(): Cast[] {
    if (!this.#totalsDue) return [];
    this.#totalsDue = false;
    const { connections, settings } = this.#parts;
    const { presenceListMax: max } = settings;
    const crowd = this.#hasElsewhere || connections.joined().size > max - Math.floor(max / 10);
    if (crowd) return [this.#cast(this.#state())];
    // A tenth below the limit, so that one who comes and goes there does not have everybody introduced each time.
    this.#turn(false);
    return [...this.#people(connections.people().keys()), this.#cast(this.#state())];
  }

  #mergedList(): Cast[] {
    if (this.#changes.size === 0) return [];
    const list: { conn: number; ref: number; state: number }[] = [];
    for (const [conn, { ref, from, to, snapshots }] of this.#changes)
      if (from !== to || snapshots !== this.#snapshots) list.push({ conn, ref, state: to });
    this.#changes.clear();
    const count = this.#parts.connections.joined().size;
    if (list.length === 0 || count === 0) return [];
    // When most have gone at once, those who are left are the shorter list.
    if (list.length > count) return [this.#cast(this.#state())];
    return [this.#cast(this.#encode({ op: PRESENCE_OP.DELTA, ...this.#counts(), list }))];
  }

  #note(conn: number, ref: number, from: number, to: number): void {
    this.#whole = undefined;
    if (this.#crowded) {
      this.#awaitTotals();
      return;
    }
    const change = this.#changes.get(conn);
    if (change === undefined) this.#changes.set(conn, { ref, from, to, snapshots: this.#snapshots });
    else change.to = to;
    this.#parts.fanOut.stir();
  }

  #awaitTotals(): void {
    if (this.#totalsWait) return;
    this.#totalsWait = true;
    this.#parts.after(this.#parts.settings.presenceTotalsMs, () => {
      this.#totalsWait = false;
      this.#tellTotals();
    });
  }

  #tellTotals(): void {
    this.#totalsDue = this.#crowded;
    this.#parts.fanOut.stir();
  }

  #turn(crowded: boolean): void {
    this.#crowded = crowded;
    this.#parts.meta.set("crowded", crowded ? 1 : 0);
    this.#changes.clear();
    this.#whole = undefined;
    // At once, for the lists that the others hold grow old.
    if (crowded) this.#tellTotals();
  }

  #state(): Uint8Array {
    if (!this.#crowded) this.#snapshots++;
    this.#whole ??= this.#crowded
      ? this.#encode({ op: PRESENCE_OP.TOTALS, ...this.#counts() })
      : this.#encode({ op: PRESENCE_OP.SNAPSHOT, ...this.#counts(), list: this.#list() });
    return this.#whole;
  }

  #list(): PresenceEntry[] {
    const list = Array.from(this.#parts.connections.joined(), ({ state: { conn, ref, presence } }) => ({
      conn,
      ref,
      state: presence,
    }));
    // The runtime lists sockets in an order of its own: after a wake it would be another one.
    return list.sort((a, b) => a.conn - b.conn);
  }

  #counts(): Crowd {
    const { connections, elsewhere } = this.#parts;
    const others = elsewhere();
    return {
      connections: connections.joined().size + others.connections,
      people: connections.people().size + others.people,
    };
  }

  #encode(body: Exclude<PresenceBody, { readonly op: typeof PRESENCE_OP.SELF }>): Uint8Array {
    return encode({ kind: "PRESENCE", ts: this.#parts.settings.now(), body });
  }

  #cast(frame: Uint8Array): Cast {
    return { frame, logged: false, wants: FEATURE.PRESENCE };
  }

  #people(refs: Iterable<number>, wants?: number): Cast[] {
    const { people, settings } = this.#parts;
    const audience = wants === undefined ? {} : { wants };
    return people.frames(refs, settings.now()).map((frame) => ({ frame, logged: false, ...audience }));
  }
}
