// What the directory said of the room last, as rows of `meta`, and the entries by which those in it learn of a change.
import { SYSTEM_EVENT } from "@ferrule/core";
import type { RoomConfig } from "../operation";
import type { Log } from "./log";
import type { Meta } from "./tables";
import { type RoomEntry, writeSystem } from "./write/system";

/** The configuration as it was taken over last; version 0 = never. */
export function readConfig(meta: Meta): RoomConfig {
  return {
    version: meta.find("config_version") ?? 0,
    title: meta.find("title") ?? "",
    closed: meta.find("closed") === 1,
    slowModeMs: meta.find("slow_mode_ms") ?? 0,
    editWindowMs: meta.find("edit_window_ms") ?? 0,
  };
}

/** Writes what changed into the log, and the configuration behind it. `by` is the ref of who did it, 0 = the room. Answers the frames. */
export function writeConfig(meta: Meta, log: Log, next: RoomConfig, by: number, now: number): Uint8Array[] {
  const frames = changes(readConfig(meta), next, by).map((entry) => writeSystem(log, entry, now));
  log.said.forget();
  meta.set("config_version", next.version);
  meta.set("title", next.title);
  meta.set("closed", next.closed ? 1 : 0);
  meta.set("slow_mode_ms", next.slowModeMs);
  meta.set("edit_window_ms", next.editWindowMs);
  return frames;
}

/** What people see of a change. The first title is none: nobody has seen another. */
function changes(older: RoomConfig, next: RoomConfig, by: number): RoomEntry[] {
  const entries: RoomEntry[] = [];
  if (next.title !== older.title && older.title !== "")
    entries.push({ event: SYSTEM_EVENT.TITLE, text: next.title, by });
  if (next.slowModeMs !== older.slowModeMs)
    entries.push({ event: SYSTEM_EVENT.SLOW_MODE, text: String(next.slowModeMs), by });
  if (next.closed !== older.closed)
    entries.push({ event: next.closed ? SYSTEM_EVENT.CLOSED : SYSTEM_EVENT.REOPENED, text: "", by });
  return entries;
}
