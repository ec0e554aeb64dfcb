// The book of the test bench: what was written, acknowledged, heard and stored, and what follows from it. Pure; it is what the
// counters show, so it must be able to say that something is lost.

/** A message as the listener heard it, or as the log holds it. */
export interface Sighting {
  /** The client message id. */
  readonly id: string;
  readonly seq: number;
  readonly text: string;
}

/** The four numbers, and what they rest on. */
export interface Counts {
  readonly written: number;
  /** The server said that it has them. */
  readonly acknowledged: number;
  /** The listener heard them, each counted once. */
  readonly received: number;
  /** Acknowledged, but passed over by the listener, or not in the log as acknowledged. */
  readonly lost: number;
  /** Heard twice, or stored twice. */
  readonly doubled: number;
  /** Acknowledged messages that were looked up in the log and found there. */
  readonly checked: number;
  /** Acknowledged messages that the archive holds as they were written; it follows the log by a few seconds. */
  readonly archived: number;
}

interface Entry {
  readonly text: string;
  /** The seq it was acknowledged with. */
  acknowledged?: number;
  heard: number;
  /** Seqs under which log and archive hold it. */
  readonly stored: Set<number>;
  archived: boolean;
  checked: boolean;
  lost: boolean;
}

export class Ledger {
  readonly #entries = new Map<string, Entry>();
  /** The newest seq that the listener heard. */
  #heardUpTo = 0;

  wrote(id: string, text: string): void {
    this.#entries.set(id, { text, heard: 0, stored: new Set(), archived: false, checked: false, lost: false });
  }

  acknowledged(id: string, seq: number): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    entry.acknowledged = seq;
    this.#judge(entry);
  }

  /** The listener heard a message: seqs only rise, so what it has not heard below this one it never will. */
  heard({ id, seq }: Sighting): void {
    this.#heardUpTo = Math.max(this.#heardUpTo, seq);
    const entry = this.#entries.get(id);
    if (entry !== undefined) entry.heard += 1;
    for (const other of this.#entries.values()) this.#judge(other);
  }

  /** The log as it stands from seq `from` to seq `to`, both included: whatever was acknowledged there must be there, once. */
  logged(from: number, to: number, messages: readonly Sighting[]): void {
    for (const { id, seq, text } of messages) {
      const entry = this.#entries.get(id);
      if (entry === undefined) continue;
      entry.stored.add(seq);
      if (text !== entry.text) entry.lost = true;
    }
    for (const entry of this.#entries.values()) {
      const { acknowledged: seq } = entry;
      if (seq === undefined || seq < from || seq > to) continue;
      entry.checked = true;
      if (!entry.stored.has(seq)) entry.lost = true;
    }
  }

  /** Rows of the archive. It may be behind; what it holds must be right, and each message there once. */
  archived(messages: readonly Sighting[]): void {
    for (const { id, seq, text } of messages) {
      const entry = this.#entries.get(id);
      if (entry === undefined) continue;
      entry.stored.add(seq);
      entry.archived = text === entry.text;
      if (!entry.archived) entry.lost = true;
    }
  }

  /** Time is up: what was acknowledged and has not been heard is lost. */
  giveUp(): void {
    for (const entry of this.#entries.values())
      if (entry.acknowledged !== undefined && entry.heard === 0) entry.lost = true;
  }

  /** Whether everything written up to now is acknowledged and heard. */
  get settled(): boolean {
    return this.open === 0;
  }

  /** Messages that are written, but not both acknowledged and heard (or known to be lost). */
  get open(): number {
    let open = 0;
    for (const { acknowledged, heard, lost } of this.#entries.values())
      if (!lost && (acknowledged === undefined || heard === 0)) open += 1;
    return open;
  }

  get counts(): Counts {
    const all = [...this.#entries.values()];
    const count = (is: (entry: Entry) => boolean) => all.filter(is).length;
    return {
      written: all.length,
      acknowledged: count(({ acknowledged }) => acknowledged !== undefined),
      received: count(({ heard }) => heard > 0),
      lost: count(({ lost }) => lost),
      doubled: count(({ heard, stored }) => heard > 1 || stored.size > 1),
      checked: count(({ checked, lost }) => checked && !lost),
      archived: count(({ acknowledged, archived }) => acknowledged !== undefined && archived),
    };
  }

  #judge(entry: Entry): void {
    if (entry.acknowledged !== undefined && entry.heard === 0 && entry.acknowledged < this.#heardUpTo)
      entry.lost = true;
  }
}
