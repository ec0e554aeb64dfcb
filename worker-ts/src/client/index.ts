// @ferrule/worker/client: the rooms client for browsers and Node ≥ 22. Names only.
export { type ConnectOptions, connect } from "./connect";
export {
  type Author,
  type FileInfo,
  type Message,
  type Page,
  type Person,
  type Reaction,
  type Role,
  SYSTEM_EVENT,
  type SystemEntry,
  TEXT_BYTES_MAX,
} from "./entry";
export type {
  ChangeEvent,
  Crowd,
  DeleteEvent,
  EditEvent,
  ErrorEvent,
  MessageEvent,
  OutboxChange,
  OutboxEvent,
  Outgoing,
  PeopleEvent,
  PresenceEvent,
  Present,
  ReactEvent,
  Reader,
  ReceiptEvent,
  ResetEvent,
  ResetReason,
  RoleEvent,
  RoomEvent,
  RoomEvents,
  RoomState,
  StateEvent,
  SystemEvent,
  TypingEvent,
  UnreactEvent,
  WriteKind,
} from "./events";
export { explainFrame, guessSide } from "./inspect/explain";
export type { Explanation, Refusal, Row } from "./inspect/row";
export type { Cursor } from "./line/news";
export type { TappedFrame } from "./line/tap";
export { OUTBOX_BYTES_MAX, OUTBOX_ENTRIES_MAX, type Stored } from "./outbox/outbox";
export {
  localOutbox,
  memoryOutbox,
  type OutboxEntry,
  type OutboxStore,
  type StorageListen,
} from "./outbox/outbox-store";
export type { KeyValueStore, Platform, Socket, Timer } from "./platform";
export type { HistoryQuery, Room, SendOptions, Sent } from "./room";
export { RoomError } from "./room-error";
export type { Wants } from "./switchboard";
export type { ViewMessage } from "./view/known";
export { type Gap, RoomView } from "./view/view";
