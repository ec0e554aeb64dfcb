// @ferrule/worker/client: the rooms client for browsers and Node ≥ 22. Names only.
export { type ConnectOptions, connect } from "./connect";
export type { Author, Message, Page, Person, SystemEntry } from "./entry";
export type {
  ErrorEvent,
  MessageEvent,
  Outgoing,
  OutboxEvent,
  PeopleEvent,
  ResetEvent,
  ResetReason,
  RoomEvent,
  RoomEvents,
  RoomState,
  StateEvent,
  SystemEvent,
} from "./events";
export { localOutbox, memoryOutbox, type OutboxEntry, type OutboxStore } from "./outbox-store";
export type { Platform, Socket, Timer } from "./platform";
export type { Cursor, HistoryQuery, Role, Room, Sent } from "./room";
export { RoomError } from "./room-error";
export { type Gap, RoomView, type ViewMessage } from "./view";
