// An awake room: its tables, its sockets and the line to them, put together once per wake. It has no behaviour of its own.
import { readConfig } from "./log/config";
import { Due } from "./log/due";
import { Log } from "./log/log";
import { Noops } from "./log/marks/noops";
import { Pins } from "./log/marks/pins";
import { Reactions } from "./log/marks/reactions";
import { Outbox } from "./log/outbox";
import { People } from "./log/people";
import { type Meta, openTables } from "./log/tables";
import { Tickets } from "./log/tickets";
import { Totals } from "./log/totals";
import type { Admission, RoomConfig } from "./operation";
import { type After, inTime } from "./relay/in-time";
import { RelayTable } from "./relay/room/relay-table";
import { Relays } from "./relay/room/relays";
import type { RelayLine } from "./relay/shapes";
import type { RoomSettings } from "./settings";
import { Limits } from "./socket/buckets";
import { Connections } from "./socket/connections";
import { FanOut } from "./socket/fan-out";
import { Presence } from "./socket/live/presence";
import { Receipts } from "./socket/live/receipts";
import { Typing, Typists } from "./socket/live/typing";

/** What the shell hands in: randomness, a timer and who to ask about tickets. */
export interface RoomHost {
  /** What a ticket is worth in this room now; null when nothing. Absent where admissions are not refreshed. */
  readonly admit?: (ticket: string) => Promise<Admission | null>;
  /** Eight random bytes for a new room's epoch. */
  readonly newEpoch: () => Uint8Array<ArrayBuffer>;
  /** Which messages the composition is told of, by their text. Absent where it is told of none. */
  readonly heeds?: (text: string) => boolean;
  /** Whether there is an archive. */
  readonly archived: boolean;
  /** The relay of a number. Absent where the Worker has none. */
  readonly relayOf?: (roomId: string, n: number) => RelayLine;
  /** Runs something once, `ms` from now. */
  readonly after: After;
}

/** An awake room. Everything here can be read again from storage and attachments. */
export interface OpenRoom {
  /** The room's id, which is the object's name. */
  readonly id: string;
  readonly settings: RoomSettings;
  readonly epoch: Uint8Array;
  readonly meta: Meta;
  readonly log: Log;
  readonly people: People;
  readonly reactions: Reactions;
  readonly pins: Pins;
  readonly noops: Noops;
  readonly totals: Totals;
  readonly due: Due;
  readonly archive: Outbox;
  readonly connections: Connections;
  readonly fanOut: FanOut;
  readonly presence: Presence;
  readonly typing: Typing;
  readonly typists: Typists;
  readonly receipts: Receipts;
  readonly relays: Relays;
  readonly limits: Limits;
  readonly tickets: Tickets;
  readonly admit: RoomHost["admit"];
  /** Puts down that the composition is to be told of a message, if it is one of those; one write with the message. */
  readonly heed: ((text: string, seq: number) => void) | undefined;
  /** As the directory says; `meta` holds it too. */
  config: RoomConfig;
}

/** Opens the room from its storage, making the tables on first contact. Throws what the storage throws. */
export function openRoom(state: DurableObjectState, settings: RoomSettings, host: RoomHost): OpenRoom {
  const { storage } = state;
  const meta = openTables(storage, host.newEpoch);
  const due = new Due(storage);
  due.recover(settings.now());
  const totals: Totals = new Totals({
    meta,
    due,
    settings,
    read: () => ({ entries: log.head, archived: archive.archivedSeq }),
  });
  const connections = new Connections(state, settings, totals);
  const people = new People(storage.sql);
  const fanOut = new FanOut(connections, settings, host.after, totals);
  const presence: Presence = new Presence({
    ...{ connections, people, meta, fanOut, settings, after: host.after },
    elsewhere: () => relays.crowd,
    isElsewhere: () => relays.hasAnybody,
  });
  const typists = new Typists({ presence, fanOut, settings });
  const typing = new Typing({ ...{ connections, settings }, relay: (ref, state) => typists.tell(ref, state) });
  const receipts = new Receipts({
    ...{ people, presence, fanOut, settings, after: host.after },
    moved: () => archive.noteRead(),
  });
  connections.watch((connection, overlooked) => {
    typing.leave(connection);
    presence.leave(connection, overlooked);
  });
  fanOut.merge(() => [...presence.merged(), ...receipts.merged()]);
  const id = nameOf(state, meta);
  const archive: Outbox = new Outbox(storage, meta, due, settings, host.archived && id !== "");
  const epoch = new Uint8Array(meta.get("epoch"));
  const log: Log = new Log(storage, meta, (seq, bytes) => {
    archive.noteEntry(seq, bytes);
    relays.noteEntry();
  });
  archive.wake(log.head);
  const { relayOf } = host;
  const relays: Relays = new Relays({
    ...{ table: new RelayTable(storage.sql), meta, due, settings, epoch },
    log: () => log,
    config: () => room.config,
    unsent: () => fanOut.unsent,
    changed: () => presence.changeElsewhere(),
    relayOf: relayOf && ((n) => relayOf(id, n)),
    inTime: (promise) => inTime(promise, settings.relayAnswerMs, host.after),
  });
  fanOut.hand((casts) => relays.hand(casts));
  const room: OpenRoom = {
    id,
    settings,
    epoch,
    meta,
    log,
    archive,
    people,
    reactions: new Reactions(storage.sql),
    pins: new Pins(storage.sql),
    noops: new Noops(storage.sql, due),
    totals,
    due,
    connections,
    fanOut,
    presence,
    typing,
    typists,
    receipts,
    relays,
    limits: new Limits(settings),
    tickets: new Tickets(storage.sql),
    admit: host.admit,
    heed: host.heeds && ((text, seq) => host.heeds?.(text) && due.provide("entry", settings.now(), String(seq))),
    config: readConfig(meta),
  };
  return room;
}

/** The object's name, written down where it is known: an alarm may wake the object without it. Empty for an object by id. */
function nameOf({ id }: DurableObjectState, meta: Meta): string {
  const known = meta.find("name");
  if (id.name === undefined || id.name === known) return known ?? "";
  meta.set("name", id.name);
  return id.name;
}
