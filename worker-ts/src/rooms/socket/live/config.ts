// What the directory says of the room while people are in it: taken over when it is newer, and told by entries of the log.
import { writeConfig } from "../../log/config";
import type { OpenRoom } from "../../open-room";
import type { Identity, RoomConfig } from "../../operation";
import { publishEntries } from "../write";
import { isRemoved, meet } from "./standing";

/** Takes over what the directory says of this room, if it is newer; those in it are told by SYSTEM entries of `actor`'s. */
export function takeOver(room: OpenRoom, config: RoomConfig, actor?: Identity): void {
  if (config.version <= room.config.version || isRemoved(room)) return;
  const by = actor === undefined ? 0 : meet(room, actor);
  const frames = writeConfig(room.meta, room.log, config, by, room.settings.now());
  room.config = config;
  publishEntries(room, [by], frames);
}
