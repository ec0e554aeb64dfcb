// The door of rooms: the Durable Object's maker, the consumers of its archive's queues, and the shapes that cross to it. A Worker
// with a queue as ARCHIVE_QUEUE, D1 as DB and these consumers has the archive; without ARCHIVE_QUEUE the log keeps everything.
export { ADMISSION_HEADER, encodeAdmission } from "./admission";
export { type ArchiveBindings, archiveConsumer } from "./archive/consumer";
export { deadLetterConsumer } from "./archive/dead-letters";
export type { ArchiveMessage } from "./archive/message";
export type { HeardEntry } from "./log/page/heard";
export type {
  Actor,
  Admission,
  Operation,
  Outcome,
  PageAnswer,
  PageQuery,
  Revocation,
  RoomConfig,
  RoomStats,
  StoredMessage,
  TrimmedMessage,
} from "./operation";
export { enter as enterRoom } from "./relay/enter";
export { defineRelayObject, type RelayObject, type RelayPorts } from "./relay-object";
export { defineRoomObject, type RoomObject, type RoomPorts } from "./room-object";
export { type Rate, type RoomSettings, roomSettings } from "./settings";
