// Presence, typing and read marks of the simulated room: who is told what (PROTOCOL.md section 7).
import { encode, FEATURE, type Frame, PRESENCE_OP, PRESENCE_STATE, type PresenceBody } from "@ferrule/core";
import type { Peer } from "./peer";

/** What is told of the people who are connected. Peers that did not ask for it are left out. */
export class SimCrowd {
  /** Above this many connections only totals are told. */
  listMax = 500;
  /** How far each ref has read. */
  readonly marks = new Map<number, number>();
  readonly #peers: () => readonly Peer[];

  /** `peers`: those who are connected now. */
  constructor(peers: () => readonly Peer[]) {
    this.#peers = peers;
  }

  /** What WELCOME is followed by: the list, and the marks. */
  welcome(peer: Peer): void {
    if ((peer.features & FEATURE.PRESENCE) !== 0) peer.socket.deliver(encode({ kind: "PRESENCE", body: this.#all() }));
    if ((peer.features & FEATURE.RECEIPTS) === 0) return;
    const list = [...this.marks].map(([ref, upTo]) => ({ ref, upTo }));
    peer.socket.deliver(encode({ kind: "RECEIPT", body: { list } }));
  }

  handleFrame(frame: Extract<Frame, { kind: "TYPING" | "PRESENCE" | "RECEIPT" }>, peer: Peer, head: number): void {
    if (frame.kind === "TYPING") {
      const bytes = encode({ kind: "TYPING", sender: peer.ref, body: { state: frame.body.state } });
      for (const other of this.#wanting(FEATURE.TYPING)) if (other.ref !== peer.ref) other.socket.deliver(bytes);
    } else if (frame.kind === "RECEIPT") {
      this.#read(peer.ref, Math.min(frame.body.list[0]!.upTo, head));
    } else if (frame.body.op === PRESENCE_OP.SELF) {
      peer.away = frame.body.state === PRESENCE_STATE.AWAY;
      this.changed(peer);
    }
  }

  /** `peer` came, went, or has another state. */
  changed(peer: Peer): void {
    const all = this.#all();
    const state = !peer.live ? PRESENCE_STATE.GONE : peer.away ? PRESENCE_STATE.AWAY : PRESENCE_STATE.HERE;
    const list = [{ conn: peer.conn, ref: peer.ref, state }];
    const body: PresenceBody = all.op === PRESENCE_OP.SNAPSHOT ? { ...all, op: PRESENCE_OP.DELTA, list } : all;
    for (const other of this.#wanting(FEATURE.PRESENCE))
      if (other !== peer) other.socket.deliver(encode({ kind: "PRESENCE", body }));
  }

  #all(): Extract<PresenceBody, { op: 0 | 1 | 3 }> {
    const peers = this.#peers();
    const totals = { connections: peers.length, people: new Set(peers.map(({ ref }) => ref)).size };
    if (peers.length > this.listMax) return { op: PRESENCE_OP.TOTALS, ...totals };
    const list = peers.map(({ conn, ref, away }) => {
      return { conn, ref, state: away ? PRESENCE_STATE.AWAY : PRESENCE_STATE.HERE };
    });
    return { op: PRESENCE_OP.SNAPSHOT, ...totals, list };
  }

  #read(ref: number, upTo: number): void {
    if (upTo <= (this.marks.get(ref) ?? 0)) return;
    this.marks.set(ref, upTo);
    const bytes = encode({ kind: "RECEIPT", body: { list: [{ ref, upTo }] } });
    for (const peer of this.#wanting(FEATURE.RECEIPTS)) peer.socket.deliver(bytes);
  }

  #wanting(feature: number): readonly Peer[] {
    return this.#peers().filter(({ features }) => (features & feature) !== 0);
  }
}
