// The tables `relay` and `relay_event` of a room: which relays stand, and what each of them must still do with sockets of its own. An
// event stays until all have said that it is done; what is broadcast is not in here, for the log has it.
import type { RelayEvent } from "../shapes";

/** An event before it has its place: how it is raised. */
export type RaisedEvent = RelayEvent extends infer Event ? (Event extends unknown ? Omit<Event, "id"> : never) : never;

/** The relays of a room as they are stored. */
export class RelayTable {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** The relays that stand, and the last event that each of them has handled. */
  list(): { readonly n: number; readonly told: number }[] {
    return this.#sql.exec<{ n: number; told: number }>("SELECT n, told FROM relay ORDER BY n").toArray();
  }

  /** One relay more. What was raised before does not concern it. */
  stand(n: number): void {
    this.#sql.exec(
      "INSERT INTO relay(n, told) VALUES(?, (SELECT coalesce(max(id), 0) FROM relay_event)) ON CONFLICT(n) DO NOTHING",
      n,
    );
  }

  /** Puts down what all relays must do; answers its id. */
  raise(event: RaisedEvent): number {
    return this.#sql
      .exec<{ id: number }>("INSERT INTO relay_event(body) VALUES(?) RETURNING id", JSON.stringify(event))
      .one().id;
  }

  /** Forgets all events, and what anybody knows of them. */
  reset(): void {
    this.#sql.exec("DELETE FROM relay_event");
    this.#sql.exec("UPDATE relay SET told = 0");
  }

  /** What came behind the event `told`, in order. */
  events(told: number): RelayEvent[] {
    return this.#sql
      .exec<{ id: number; body: string }>("SELECT id, body FROM relay_event WHERE id > ? ORDER BY id", told)
      .toArray()
      .map(({ id, body }) => ({ ...(JSON.parse(body) as RelayEvent), id }));
  }

  /** A relay has handled everything up to this event: what all have handled goes. */
  told(n: number, id: number): void {
    this.#sql.exec("UPDATE relay SET told = ? WHERE n = ? AND told < ?", id, n, id);
    this.#sql.exec("DELETE FROM relay_event WHERE id <= (SELECT min(told) FROM relay)");
  }
}
