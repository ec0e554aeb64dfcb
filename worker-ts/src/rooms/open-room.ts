// An awake room: its tables, its sockets and the line to them, put together once per wake. It has no behaviour of its own.
import { readConfig } from "./log/config";
import { Due } from "./log/due";
import { Log } from "./log/log";
import { Outbox } from "./log/outbox";
import { People } from "./log/people";
import { type Meta, openTables } from "./log/tables";
import { Tickets } from "./log/tickets";
import { Totals } from "./log/totals";
import type { Admission, RoomConfig } from "./operation";
import type { RoomSettings } from "./settings";
import { Limits } from "./socket/buckets";
import { Connections } from "./socket/connections";
import { FanOut } from "./socket/fan-out";
import { Presence } from "./socket/live/presence";
import { Receipts } from "./socket/live/receipts";
import { Typing } from "./socket/live/typing";

/** What the shell hands in: randomness, a timer and who to ask about tickets. */
export interface Host {
  /** What a ticket is worth in this room now; null when nothing. Absent where admissions are not refreshed. */
  readonly admit?: (ticket: string) => Promise<Admission | null>;
  /** Eight random bytes for a new room's epoch. */
  readonly newEpoch: () => Uint8Array<ArrayBuffer>;
  /** Whether there is an archive. */
  readonly archived: boolean;
  /** Runs something once, `ms` from now. */
  readonly after: (ms: number, run: () => void) => void;
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
  readonly totals: Totals;
  readonly due: Due;
  readonly archive: Outbox;
  readonly connections: Connections;
  readonly fanOut: FanOut;
  readonly presence: Presence;
  readonly typing: Typing;
  readonly receipts: Receipts;
  readonly limits: Limits;
  readonly tickets: Tickets;
  readonly admit: Host["admit"];
  /** As the directory says; `meta` holds it too. */
  config: RoomConfig;
}

/** Opens the room from its storage, making the tables on first contact. Throws what the storage throws. */
export function openRoom(state: DurableObjectState, settings: RoomSettings, host: Host): OpenRoom {
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
  const presence = new Presence({ connections, people, meta, fanOut, settings, after: host.after });
  const typing = new Typing({ connections, presence, fanOut, settings });
  const receipts = new Receipts({ people, presence, fanOut, settings });
  connections.watch((connection, overlooked) => {
    typing.leave(connection);
    presence.leave(connection, overlooked);
  });
  fanOut.merge(() => [...presence.merged(), ...receipts.merged()]);
  const id = nameOf(state, meta);
  const archive = new Outbox(storage, meta, due, settings, host.archived && id !== "");
  const log = new Log(storage, meta, (seq, bytes) => archive.noteEntry(seq, bytes));
  archive.wake(log.head);
  return {
    id,
    settings,
    epoch: new Uint8Array(meta.get("epoch")),
    meta,
    log,
    archive,
    people,
    totals,
    due,
    connections,
    fanOut,
    presence,
    typing,
    receipts,
    limits: new Limits(settings),
    tickets: new Tickets(storage.sql),
    admit: host.admit,
    config: readConfig(meta),
  };
}

/** The object's name, written down where it is known: an alarm may wake the object without it. Empty for an object by id. */
function nameOf({ id }: DurableObjectState, meta: Meta): string {
  const known = meta.find("name");
  if (id.name === undefined || id.name === known) return known ?? "";
  meta.set("name", id.name);
  return id.name;
}
