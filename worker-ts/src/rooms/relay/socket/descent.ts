// What comes down from the room: what it has said of itself and of users, so that nobody gets what is not for them; then entries for all
// who are live, once each and in order, whatever was lost, doubled or late on the way. One push after the other, as they came.
import { relay as core, KIND } from "@ferrule/core";
import { type Cast, deliver } from "../../socket/frame/load";
import { revoke, tellRole } from "../../socket/refresh";
import { unpack } from "../bundle";
import { isSameEpoch } from "../epoch";
import { inTime } from "../in-time";
import type { Push, RelayEvent } from "../shapes";
import { feed, fetchEntries } from "./feed";
import { knowEpoch, type OpenRelay } from "./open-relay";

/** The place is written down when nothing has come for so long: until then a timer keeps the object awake. */
const QUIET_MS = 500;
/** A gap is fetched in so many parts at most; whoever is further behind is sent away, to be told by RESET. */
const GAP_PARTS_MAX = 50;

/** What comes down to one relay. */
export class Descent {
  readonly #relay: OpenRelay;
  #line: Promise<void> = Promise.resolve();
  #isAwake = false;
  /** When the place last moved and was not written down, ms since 1970; undefined when it is. */
  #movedAt: number | undefined;
  /** The epochs that are over: none comes back, and a push of theirs is late. */
  readonly #over: Uint8Array[] = [];
  readonly #again: () => void;

  /** `again` has every connection begin anew, in another epoch. */
  constructor(relay: OpenRelay, again: () => void) {
    this.#relay = relay;
    this.#again = again;
  }

  /** Takes a push, when those before it are through, and runs `then` behind it. Rejects when it could not be taken whole. */
  take(push: Push, then?: () => void): Promise<void> {
    const done = this.#line.then(async () => {
      try {
        await this.#take(push);
      } finally {
        then?.();
      }
    });
    this.#line = done.catch(() => undefined);
    return done;
  }

  async #take(push: Push): Promise<void> {
    if (!this.#isAwake) this.#wake();
    if (this.#over.some((epoch) => isSameEpoch(epoch, push.epoch))) return;
    this.#takeState(push);
    if (push.removed) return;
    for (const event of push.events) this.#takeEvent(event);
    await this.#takeEntries(push);
    for (const connection of this.#relay.catching) feed(this.#relay, connection);
  }

  /** After a sleep: who was not live goes on. */
  #wake(): void {
    this.#isAwake = true;
    for (const connection of this.#relay.connections.joined())
      if (!connection.live) this.#relay.catching.add(connection);
  }

  #takeState({ epoch, slowModeMs, head, removed }: Push): void {
    const relay = this.#relay;
    const { facts, config, connections } = relay;
    if (slowModeMs !== config.slowModeMs) {
      config.slowModeMs = slowModeMs;
      facts.set("slow_mode_ms", slowModeMs);
    }
    // first of all: a room that was purged has another epoch, too
    if (removed) for (const connection of connections.all()) connection.fail("GONE", "the room was deleted");
    if (relay.epoch === undefined || !isSameEpoch(relay.epoch, epoch)) this.#begin(epoch, head);
  }

  /** The log of this epoch is another one: nothing of what was known holds. */
  #begin(epoch: Uint8Array, head: number): void {
    const relay = this.#relay;
    const isAnother = relay.epoch !== undefined;
    if (relay.epoch !== undefined) this.#over.push(relay.epoch);
    knowEpoch(relay, epoch);
    relay.told = 0;
    relay.facts.set("told", 0);
    relay.ring.clear();
    relay.fetches.clear();
    this.#moveTo(head);
    if (!isAnother) return;
    relay.climb.drop();
    this.#again();
  }

  async #takeEntries({ bundles, head }: Push): Promise<void> {
    const relay = this.#relay;
    let casts: Cast[] = [];
    let people: Uint8Array[] = [];
    for (const bundle of bundles) {
      for (const cast of unpack(bundle)) {
        if (!cast.logged) {
          casts.push(cast);
          if (cast.wants === undefined && cast.except === undefined) people.push(cast.frame);
          continue;
        }
        const seq = this.#seqOf(cast.frame);
        if (seq > relay.at + 1) {
          this.#deliver(casts);
          casts = people.map((frame) => ({ frame, logged: false }));
          await this.#fill(seq - 1);
        }
        if (seq === relay.at + 1) {
          this.#keep(seq, cast.frame, people);
          casts.push(cast);
          this.#moveTo(seq);
        }
        people = [];
      }
    }
    this.#deliver(casts);
    if (head > relay.at) await this.#fill(head);
  }

  #seqOf(frame: Uint8Array): number {
    if (core.read("down", frame) <= 0) throw new Error("what was pushed is no frame");
    return core.seq();
  }

  /**
   * Keeps the entry that the core has read last. What it changes is kept no more. While nobody has joined nothing is kept: the room may
   * not be a crowd then, and introduces nobody.
   */
  #keep(seq: number, frame: Uint8Array, people: readonly Uint8Array[]): void {
    const { ring, connections } = this.#relay;
    if (connections.joined().size === 0) {
      ring.clear();
      return;
    }
    const kind = frame[2];
    const target = core.number(0);
    ring.add(seq, [...people, frame], kind === KIND.EDIT ? target : undefined);
    if (kind === KIND.EDIT || kind === KIND.DELETE) ring.spoil(target, kind === KIND.DELETE);
  }

  #deliver(casts: readonly Cast[]): void {
    const { connections, settings, totals } = this.#relay;
    if (casts.length > 0) deliver(casts, connections.joined(), settings, totals);
  }

  /** Fetches what is missing up to `seq`, and sends it to those who are live. Where nobody is, there is nothing to fetch it for. */
  async #fill(seq: number): Promise<void> {
    const relay = this.#relay;
    const { connections, settings, ring, after } = relay;
    for (let parts = 0; relay.at < seq; parts++) {
      if (connections.joined().size === 0) {
        ring.clear();
        this.#moveTo(seq);
        return;
      }
      const from = relay.at;
      if (parts === GAP_PARTS_MAX) return this.#leap(seq);
      const { frames, upTo } = await inTime(fetchEntries(relay, from), settings.relayAnswerMs, after);
      if (upTo <= from) throw new Error("the room has not what it told of");
      ring.clear();
      for (const connection of connections.joined())
        if (connection.live) for (const frame of frames) connection.send(frame);
      this.#moveTo(upTo);
    }
  }

  /** Too much is missing: who is live comes again and is told how far behind it is. */
  #leap(seq: number): void {
    const { connections, ring } = this.#relay;
    for (const connection of connections.all()) if (connection.live) connection.fail("LAGGING", "the relay was away");
    ring.clear();
    this.#moveTo(seq);
  }

  #moveTo(seq: number): void {
    const relay = this.#relay;
    relay.at = seq;
    const first = this.#movedAt === undefined;
    this.#movedAt = relay.settings.now();
    if (first) this.#writeLater();
  }

  /** Not with each push: it only has to be written before the object sleeps, and then it is. A crash takes the sockets with it. */
  #writeLater(): void {
    const relay = this.#relay;
    relay.after(QUIET_MS, () => {
      if (relay.settings.now() - (this.#movedAt ?? 0) < QUIET_MS) return this.#writeLater();
      this.#movedAt = undefined;
      relay.facts.set("at", relay.at);
    });
  }

  #takeEvent(event: RelayEvent): void {
    const relay = this.#relay;
    if (event.id <= relay.told) return;
    // who has come since was let in by what the room knew then
    const before = ({ state }: { state: { conn: number } }) => state.conn < event.conn;
    if (event.type === "revoke") revoke(relay, event.revocation, before);
    else tellRole(relay, event.userId, event, before);
    relay.told = event.id;
    relay.facts.set("told", event.id);
  }
}
