// What a connection behind a relay is owed and gets as far as its window is open: the rest of its replay, out of the relay's memory or
// from the room part by part; the whole state behind frames that it missed; pages. Nothing of it is queued here.
import { logFailure } from "../../../platform/log";
import type { Connection } from "../../socket/connection";
import { isSameEpoch } from "../epoch";
import { inTime } from "../in-time";
import type { Entries, Sender } from "../shapes";
import type { OpenRelay } from "./open-relay";

/** A part that could not be had is asked for again after this (ms); who waits for it too often is sent away. */
const AGAIN_MS = 500;
const TRIES_MAX = 20;

/** Who a connection is, for the room. */
export function senderOf({ state: { conn, ref, role, roleAt } }: Connection): Sender {
  return { conn, ref, role, roleAt };
}

/** The entries behind `after`: one call for all who need them now. Rejects where they are of another log than the relay's. */
export function fetchEntries(relay: OpenRelay, after: number): Promise<Entries> {
  const known = relay.fetches.get(after);
  if (known !== undefined) return known;
  const fetch = askFor(relay, after);
  relay.fetches.set(after, fetch);
  const forget = () => {
    if (relay.fetches.get(after) === fetch) relay.fetches.delete(after);
  };
  fetch.then(forget, forget);
  return fetch;
}

async function askFor(relay: OpenRelay, after: number): Promise<Entries> {
  const { epoch, settings, climb } = relay;
  const entries = await inTime(relay.line().entries(after), settings.relayAnswerMs, relay.after);
  if (epoch !== undefined && relay.epoch === epoch && isSameEpoch(entries.epoch, epoch)) return entries;
  // the room's next word says which log holds
  climb.stir();
  throw new Error("the room has another log by now");
}

/** Sends what is held back, in this order: the replay, which ends live, then what was missed, then pages. */
export function feed(relay: OpenRelay, connection: Connection): void {
  if (connection.greeting) return;
  replay(relay, connection);
  if (connection.asking || connection.state.replayAt !== null || !connection.windowOpen) return;
  const { state } = connection;
  const [page] = state.pages;
  if (state.missed !== 0) ask(relay, connection, { type: "missed", missed: state.missed });
  else if (page !== undefined) ask(relay, connection, { type: "page", page });
}

type Asked =
  | { readonly type: "missed"; readonly missed: number }
  | { readonly type: "page"; readonly page: Connection["state"]["pages"][number] };

function ask({ climb }: OpenRelay, connection: Connection, asked: Asked): void {
  connection.asking = true;
  climb.put(connection, { ...senderOf(connection), ...asked });
}

function replay(relay: OpenRelay, connection: Connection): void {
  const { state } = connection;
  while (state.replayAt !== null && connection.windowOpen) {
    if (state.replayAt === relay.at) {
      state.replayAt = null;
      relay.catching.delete(connection);
      connection.save();
      return;
    }
    // what it has got already is on its way here, too
    if (state.replayAt > relay.at) return;
    const part = relay.ring.part(state.replayAt, relay.settings.now());
    if (part === undefined) {
      if (!connection.asking) void fetchPart(relay, connection, state.replayAt, 1);
      return;
    }
    for (const frame of part.frames) connection.send(frame);
    state.replayAt = part.upTo;
    connection.save();
  }
}

async function fetchPart(relay: OpenRelay, connection: Connection, from: number, tries: number): Promise<void> {
  const { state } = connection;
  connection.asking = true;
  try {
    const { frames, upTo } = await fetchEntries(relay, from);
    connection.asking = false;
    if (connection.greeting || state.replayAt !== from || !connection.windowOpen) return;
    for (const frame of frames) connection.send(frame);
    state.replayAt = upTo;
    connection.save();
  } catch (error) {
    logFailure("fetch entries from the room", error);
    if (tries >= TRIES_MAX) return connection.fail("INTERNAL", "the room cannot be reached");
    await new Promise<void>((resolve) => void relay.after(AGAIN_MS, resolve));
    if (!connection.greeting && state.replayAt === from) return fetchPart(relay, connection, from, tries + 1);
    connection.asking = false;
  }
  feed(relay, connection);
}
