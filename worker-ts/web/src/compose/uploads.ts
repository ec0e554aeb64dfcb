// Files on their way into a message: each with its progress, its refusal, or what the server says of it. Sending is handed in; no markup.
import type { FileInfo } from "../../../src/client";
import { sizeLabel } from "../text/file";

/** Most files of one message, and most bytes of one file: what the server takes (docs/http.md). */
export const FILES_MAX = 4;
export const FILE_BYTES_MAX = 10 * 1024 * 1024;

/** One file. `state` `sent`: the server has it, and `info` says as what. */
export interface Upload {
  readonly id: number;
  readonly file: File;
  readonly state: "sending" | "sent" | "failed";
  /** How much of it has left: 0 to 1. */
  readonly share: number;
  readonly info?: FileInfo;
  /** Why it failed. */
  readonly reason?: string;
  /** Whether trying again may help. */
  readonly again?: boolean;
}

export interface UploadPorts {
  readonly send: (file: File, progress: (share: number) => void, signal: AbortSignal) => Promise<FileInfo>;
  readonly changed: () => void;
  /** A file that was not taken up at all. */
  readonly refused: (reason: string) => void;
  readonly reasonOf: (error: unknown) => string;
}

export class Uploads {
  readonly #ports: UploadPorts;
  #list: readonly Upload[] = [];
  #last = 0;
  readonly #stops = new Map<number, AbortController>();

  constructor(ports: UploadPorts) {
    this.#ports = ports;
  }

  get list(): readonly Upload[] {
    return this.#list;
  }
  /** Whether some are still on their way. */
  get busy(): boolean {
    return this.#list.some(({ state }) => state === "sending");
  }
  /** Whether every file is where it can be sent with a message. */
  get done(): boolean {
    return this.#list.every(({ state }) => state === "sent");
  }
  get infos(): readonly FileInfo[] {
    return this.#list.flatMap(({ info }) => (info === undefined ? [] : [info]));
  }

  /** Takes files up and sends them, as many as a message may have. */
  add(files: readonly File[]): void {
    const room = FILES_MAX - this.#list.length;
    if (files.length > room) this.#ports.refused(`A message takes ${FILES_MAX} files at most.`);
    for (const file of files.slice(0, Math.max(room, 0))) {
      this.#last += 1;
      const added: Upload = { id: this.#last, file, state: "sending", share: 0 };
      const reason = refusalOf(file);
      this.#list = [...this.#list, reason === undefined ? added : { ...added, state: "failed", reason }];
      if (reason === undefined) void this.#send(added);
    }
    this.#ports.changed();
  }

  /** Tries again what has failed. */
  retry(id: number): void {
    const upload = this.#list.find((one) => one.id === id);
    if (upload?.state !== "failed") return;
    this.#put(id, { state: "sending", share: 0 });
    void this.#send(upload);
  }

  remove(id: number): void {
    this.#stops.get(id)?.abort();
    this.#stops.delete(id);
    this.#list = this.#list.filter((one) => one.id !== id);
    this.#ports.changed();
  }

  /** The message with them was sent, or the room is left. */
  clear(): void {
    for (const { id } of this.#list) this.#stops.get(id)?.abort();
    this.#stops.clear();
    this.#list = [];
    this.#ports.changed();
  }

  async #send({ id, file }: Upload): Promise<void> {
    const stop = new AbortController();
    this.#stops.set(id, stop);
    try {
      const info = await this.#ports.send(file, (share) => this.#put(id, { share }), stop.signal);
      this.#put(id, { state: "sent", share: 1, info });
    } catch (error) {
      this.#put(id, { state: "failed", reason: this.#ports.reasonOf(error), again: true });
    } finally {
      if (this.#stops.get(id) === stop) this.#stops.delete(id);
    }
  }

  #put(id: number, news: Partial<Upload>): void {
    if (!this.#list.some((one) => one.id === id)) return;
    this.#list = this.#list.map((one) => (one.id === id ? { ...one, ...news } : one));
    this.#ports.changed();
  }
}

/** Why a file is not even tried. */
function refusalOf({ size }: File): string | undefined {
  if (size > FILE_BYTES_MAX) return `Too large: ${sizeLabel(FILE_BYTES_MAX)} at most.`;
  return size === 0 ? "It is empty." : undefined;
}
