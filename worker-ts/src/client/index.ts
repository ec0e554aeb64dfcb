// @ferrule/worker/client: the rooms client for browsers and Node ≥ 22. Names only.
export { type ConnectOptions, connect } from "./connect";
export { type Author, type Message, type Page, type Person, type SystemEntry, TEXT_BYTES_MAX } from "./entry";
export type {
  ErrorEvent,
  MessageEvent,
  OutboxChange,
  OutboxEvent,
  Outgoing,
  PeopleEvent,
  ResetEvent,
  ResetReason,
  RoomEvent,
  RoomEvents,
  RoomState,
  StateEvent,
  SystemEvent,
} from "./events";
export type { Cursor } from "./line/connection";
export type { Stored } from "./outbox/outbox";
export { localOutbox, memoryOutbox, type OutboxEntry, type OutboxStore } from "./outbox/outbox-store";
export type { KeyValueStore, Platform, Socket, Timer } from "./platform";
export type { HistoryQuery, Role, Room, Sent } from "./room";
export { RoomError } from "./room-error";
export { type Gap, RoomView, type ViewMessage } from "./view";
