// What becomes of the frames of a relay's sockets: what concerns the socket alone is done here, all else goes up to the room; and what
// came of that.

import { relay as core, KIND } from "@ferrule/core";
import { logFailure } from "../../../platform/log";
import { REFUSAL } from "../../room";
import type { Connection } from "../../socket/connection";
import { frameOf, hold, pass, queuePage } from "../../socket/frame/gate";
import { SocketPeer } from "../../socket/frame/peer";
import { tellRole } from "../../socket/refresh";
import { inTime } from "../in-time";
import type { Act, Answer, UpItem } from "../shapes";
import { feed, senderOf } from "./feed";
import type { OpenRelay } from "./open-relay";

/** An epoch that no room has: who had joined in one that is over is told RESET. */
const OVER = new Uint8Array(8).fill(0xff);

/** Handles one binary message of a connection. */
export function receive(relay: OpenRelay, connection: Connection, bytes: Uint8Array): Promise<void> | undefined {
  const passed = pass(relay, connection, bytes);
  if (passed === undefined) return;
  // it had joined in another log: until the room has looked whose its ref is now, nothing is done by it
  if (connection.greeting && connection.state.hello && passed.kind !== KIND.CREDIT) {
    lose(connection);
    return;
  }
  switch (passed.kind) {
    case KIND.HELLO:
      greet(relay, connection, { ...frameOf("HELLO", bytes).body, again: false });
      break;
    case KIND.CREDIT:
      connection.credit(core.number(0));
      feed(relay, connection);
      break;
    case KIND.HISTORY_REQ:
      queuePage(relay, connection, bytes);
      feed(relay, connection);
      if (connection.state.pages.length > 0) connection.save();
      break;
    case KIND.TYPING:
      relay.typing.set(connection, core.number(0));
      break;
    case KIND.PRESENCE:
      connection.state.presence = core.number(1);
      connection.save();
      break;
    case KIND.RECEIPT:
      for (const { upTo } of frameOf("RECEIPT", bytes).body.list) relay.climb.read(connection.state.ref, upTo);
      break;
    case KIND.AUTH_REFRESH:
      return refresh(relay, connection, bytes);
    default:
      // the room knows whether it is stored; who has said it types no more
      if (passed.kind === KIND.MSG) relay.typing.end(connection);
      relay.climb.put(connection, { ...senderOf(connection), type: "frame", bytes });
  }
}

/** What HELLO says, or what one had joined with. */
interface Greeting {
  readonly epoch: Uint8Array;
  readonly lastSeq: number;
  readonly features: number;
  readonly again: boolean;
}

function greet({ climb }: OpenRelay, connection: Connection, { epoch, lastSeq, features, again }: Greeting): void {
  const { userId, expiresAt } = connection.state;
  connection.greeting = true;
  climb.greetings.add(connection);
  climb.put(connection, {
    ...senderOf(connection),
    ...{ type: "hello", userId, expiresAt, epoch, lastSeq, features, again },
  });
}

/** Has all who had joined begin anew: the room is in another epoch. Who had not comes again by itself. */
export function greetAll(relay: OpenRelay): void {
  for (const connection of [...relay.connections.all()]) {
    if (!connection.state.hello) {
      lose(connection);
      continue;
    }
    connection.state.replayAt = 0;
    connection.state.pages = [];
    connection.asking = false;
    relay.catching.delete(connection);
    greet(relay, connection, { epoch: OVER, lastSeq: 0, features: connection.state.features, again: true });
  }
}

async function refresh(relay: OpenRelay, connection: Connection, bytes: Uint8Array): Promise<void> {
  const { id } = frameOf("AUTH_REFRESH", bytes);
  const { userId, expiresAt } = connection.state;
  let answer: Answer;
  try {
    const from = { ...senderOf(connection), userId, expiresAt };
    answer = await inTime(relay.line().refresh(from, bytes), relay.settings.relayAnswerMs, relay.after);
  } catch (error) {
    // the client has a new ticket for its next try
    logFailure("have an admission go on", error);
    connection.refuse(REFUSAL.internal.code, REFUSAL.internal.text, id);
    return;
  }
  if (connection.open) for (const act of answer.acts) perform(relay, connection, act);
}

function perform(relay: OpenRelay, connection: Connection, act: Act): void {
  switch (act[0]) {
    case "send":
      connection.send(act[1]);
      break;
    case "refuse":
      connection.refuse(act[1], act[2], act[3]);
      break;
    case "hold":
      hold(relay, connection, act[1], act[2], act[3]);
      break;
    case "fail":
      connection.fail(act[1], act[2]);
      break;
    case "prolong": {
      new SocketPeer(relay, connection).prolong(act[1]);
      tellRole(relay, connection.state.userId, act[1]);
    }
  }
}

/** Does with a connection what the room has answered to its item. */
export function take(relay: OpenRelay, connection: Connection, item: UpItem, { acts, opened, asOf }: Answer): void {
  if (item.type === "page") takePage(relay, connection, item.page[0], acts, asOf ?? 0);
  else if (item.type === "missed") takeMissed(relay, connection, item.missed, acts);
  else {
    if (opened !== undefined) join(relay, connection, opened);
    for (const act of acts) perform(relay, connection, act);
    if (opened === undefined) return;
    connection.save();
    feed(relay, connection);
  }
}

function join(relay: OpenRelay, connection: Connection, opened: NonNullable<Answer["opened"]>): void {
  const { state } = connection;
  const { features, startSeq, role, roleAt } = opened;
  connection.greeting = false;
  Object.assign(state, { features, role, roleAt, replayAt: startSeq });
  if (!state.hello) relay.connections.join(connection);
  relay.catching.add(connection);
}

/** A page is true for one that has all up to `asOf` and no more: whoever has got more since is given another one. */
function takePage(relay: OpenRelay, connection: Connection, id: Uint8Array, acts: readonly Act[], asOf: number): void {
  const { state } = connection;
  connection.asking = false;
  const isNext = state.pages[0]?.[0] === id;
  const isTrue = state.replayAt === null && relay.at === asOf;
  const isPage = acts.every(([what]) => what === "send");
  if (isNext && connection.windowOpen && (isTrue || !isPage)) {
    for (const act of acts) perform(relay, connection, act);
    state.pages = state.pages.slice(1);
    connection.save();
  }
  feed(relay, connection);
}

function takeMissed(relay: OpenRelay, connection: Connection, missed: number, acts: readonly Act[]): void {
  const { state } = connection;
  connection.asking = false;
  if (!connection.windowOpen) return;
  state.missed &= ~missed;
  for (const act of acts) perform(relay, connection, act);
  connection.save();
  feed(relay, connection);
}

/** The room cannot be reached: whoever waits for it comes again. */
export function lose(connection: Connection): void {
  connection.greeting = false;
  connection.fail("INTERNAL", REFUSAL.internal.text);
}
