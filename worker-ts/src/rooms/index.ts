// The door of rooms: the Durable Object's maker and the shapes that cross to it.
export { ADMISSION_HEADER, encodeAdmission } from "./admission";
export type {
  Actor,
  Admission,
  Operation,
  Outcome,
  PageAnswer,
  PageQuery,
  RoomConfig,
  RoomStats,
  StoredMessage,
} from "./operation";
export { defineRoomObject, type RoomObject, type RoomPorts } from "./room-object";
export { type RoomSettings, roomSettings } from "./settings";
