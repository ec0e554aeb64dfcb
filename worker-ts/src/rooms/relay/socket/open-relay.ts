// An awake relay: its sockets, its way up and what came down, put together once per wake. It has no behaviour of its own.
import { Due } from "../../log/due";
import type { RoomSettings } from "../../settings";
import { Limits } from "../../socket/buckets";
import type { Connection } from "../../socket/connection";
import { Connections } from "../../socket/connections";
import { Typing } from "../../socket/live/typing";
import type { After } from "../in-time";
import type { Report, RoomLine } from "../shapes";
import { Climb } from "./climb";
import { Ring } from "./ring";
import { RelayFacts } from "./tables";
import { Tally } from "./tally";

/** What no room has: of a relay that knows none yet, and so has no sockets. */
const NO_EPOCH = new Uint8Array(8);

/** What the shell hands in. */
export interface RelayHost {
  /** The room of this id, anew for each call. */
  readonly roomOf: (id: string) => RoomLine;
  readonly after: After;
  /** A name for this life of the object that no other has. */
  readonly life: string;
}

/** An awake relay. Everything here can be read again from storage, attachments and the room. */
export interface OpenRelay {
  /** The room's id. */
  readonly room: string;
  readonly n: number;
  readonly settings: RoomSettings;
  readonly facts: RelayFacts;
  readonly due: Due;
  readonly connections: Connections;
  readonly limits: Limits;
  readonly totals: Tally;
  readonly typing: Typing;
  readonly climb: Climb;
  readonly ring: Ring;
  readonly after: After;
  /** The room, anew for each call. */
  readonly line: () => RoomLine;
  /** What of the room's configuration a relay must know; as last told. */
  readonly config: { slowModeMs: number };
  /** Connections that are not live: they are behind `at`, or before it. */
  readonly catching: Set<Connection>;
  /** Runs of entries that are being fetched, by the seq behind which they begin. */
  readonly fetches: Map<number, ReturnType<RoomLine["entries"]>>;
  /** The room's epoch, once it is known: `at` and all refs belong to it. */
  epoch: Uint8Array | undefined;
  /** Everything up to this seq has left for those who are live. */
  at: number;
  /** The last event that was handled. */
  told: number;
  /** Of the last report. */
  order: number;
}

/** Opens a relay from its storage and its object's name, `<room>/<n>`. Throws what the storage throws. */
export function openRelay(state: DurableObjectState, settings: RoomSettings, host: RelayHost): OpenRelay {
  const facts = new RelayFacts(state.storage);
  const { room, n } = nameOf(state, facts);
  const due = new Due(state.storage);
  due.recover(settings.now());
  const line = () => host.roomOf(room);
  const totals: Tally = new Tally(() => climb.stir());
  const connections = new Connections(state, settings, totals);
  const climb: Climb = new Climb({
    ...{ n, settings, line, after: host.after, life: host.life },
    report: () => reportOf(relay),
    counts: () => totals.take(),
    epoch: () => relay.epoch ?? NO_EPOCH,
  });
  const typing = new Typing({ connections, settings, relay: (ref, typed) => climb.type(ref, typed) });
  const catching = new Set<Connection>();
  connections.watch((connection) => {
    catching.delete(connection);
    typing.leave(connection);
    climb.stir();
  });
  const relay: OpenRelay = {
    ...{ room, n, settings, facts, due, connections, totals, typing, climb, line, catching },
    limits: new Limits(settings, "connections"),
    ring: new Ring(settings.relayEntries),
    after: host.after,
    config: { slowModeMs: facts.find("slow_mode_ms") ?? 0 },
    fetches: new Map(),
    epoch: bytesOf(facts.find("epoch")),
    at: facts.find("at") ?? 0,
    told: facts.find("told") ?? 0,
    order: 0,
  };
  return relay;
}

/** Puts down which log this relay's connections, seqs and refs belong to. */
export function knowEpoch(relay: OpenRelay, epoch: ArrayLike<number>): void {
  relay.epoch = Uint8Array.from(epoch);
  relay.facts.set("epoch", Uint8Array.from(epoch).buffer);
}

const bytesOf = (buffer: ArrayBuffer | undefined) => (buffer === undefined ? undefined : new Uint8Array(buffer));

/** How things stand here. Those whose HELLO is on its way count: the room is to send what comes. */
export function reportOf(relay: OpenRelay): Report {
  const { at, told, connections, climb, settings } = relay;
  // by the clock, so that they rise from one life to the next
  relay.order = Math.max(relay.order + 1, 1_000 * settings.now());
  return {
    ...{ order: relay.order, at, told, sockets: connections.count() },
    connections: connections.joined().size + climb.greetings.size,
    people: connections.people().size + newPeople(connections, climb),
  };
}

function newPeople(connections: Connections, { greetings }: Climb): number {
  const refs = new Set<number>();
  for (const { state } of greetings) if (!connections.people().has(state.ref)) refs.add(state.ref);
  return refs.size;
}

/** The room and the number, written down where they are known: an alarm may wake the object without them. */
function nameOf({ id }: DurableObjectState, facts: RelayFacts): { readonly room: string; readonly n: number } {
  const known = facts.find("room");
  if (known !== undefined) return { room: known, n: facts.find("n") ?? 0 };
  const [room = "", n = ""] = (id.name ?? "").split("/");
  if (!/^[1-9]\d{0,3}$/.test(n)) throw new Error("a relay is named after its room and its number");
  facts.set("room", room);
  facts.set("n", Number(n));
  return { room, n: Number(n) };
}
