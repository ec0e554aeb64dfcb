// An awake room: its tables, its sockets and the line to them, put together once per wake. It has no behaviour of its own.
import { Due } from "./log/due";
import { Log } from "./log/log";
import { People } from "./log/people";
import { type Meta, openTables } from "./log/tables";
import { Totals } from "./log/totals";
import type { RoomSettings } from "./settings";
import { Connections } from "./socket/connections";
import { FanOut } from "./socket/fan-out";

/** What the shell hands in: randomness and a timer. */
export interface Host {
  /** Eight random bytes for a new room's epoch. */
  readonly newEpoch: () => Uint8Array<ArrayBuffer>;
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
  readonly connections: Connections;
  readonly fanOut: FanOut;
  /** As the directory says; `meta` holds both too. */
  title: string;
  closed: boolean;
}

/** Opens the room from its storage, making the tables on first contact. Throws what the storage throws. */
export function openRoom(state: DurableObjectState, settings: RoomSettings, host: Host): OpenRoom {
  const { storage } = state;
  const meta = openTables(storage, host.newEpoch);
  const connections = new Connections(state, settings);
  const due = new Due(storage);
  due.recover(settings.now());
  return {
    id: state.id.name ?? "",
    settings,
    epoch: new Uint8Array(meta.get("epoch")),
    meta,
    log: new Log(storage.sql, meta.find("trimmed_seq") ?? 0),
    people: new People(storage.sql),
    totals: new Totals(meta),
    due,
    connections,
    fanOut: new FanOut(connections, settings, host.after),
    title: meta.find("title") ?? "",
    closed: meta.find("closed") === 1,
  };
}
