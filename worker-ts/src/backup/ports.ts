// What backups need of the rest of the house; the composition hands it in. Types only.
import type { Bindings, Caller } from "../platform";
import type { CopyAnswer, CopyCall } from "./copy/object";

/** An account that was deleted; `messages`: with all that it wrote. */
export interface ErasedUser {
  readonly userId: string;
  readonly messages: boolean;
}

/** What an object of any kind does for a backup. */
export interface CopiedStub {
  copy(call: CopyCall): Promise<CopyAnswer>;
  /**
   * All it holds is gone, rows of a backup are about to come: nobody gets in until it is told that they have. `turn` is greater with each
   * call that means something new; the same again, or one that comes late, does nothing.
   */
  emptied(turn: string): Promise<void>;
  /** The rows have come. */
  restored(erased: readonly ErasedUser[]): Promise<void>;
  /** None have come, and none will: there is no such object any more. */
  clear(): Promise<void>;
}

/** What is done with rights, for the audit. */
export type BackupAction = "begin_backup" | "begin_restore" | "end_restore";

/** Parts of the house that backups have to do with. */
export interface BackupPorts {
  /** The object of a room. */
  readonly room: (env: Bindings, id: string) => CopiedStub & { headSeq(): Promise<number> };
  /** The object of a kernel. */
  readonly kernel: (env: Bindings, name: string) => CopiedStub;
  /** The object of a stream, by run and name. */
  readonly stream: (env: Bindings, name: string) => CopiedStub;
  /** How many migrations a room's own tables have had. */
  readonly roomSchema: number;
  /** Writes it down, for whoever looks at the audit. */
  readonly note: (env: Bindings, caller: Caller | null, action: BackupAction, detail: object) => Promise<void>;
  /** What the directory and the archive still have of deleted accounts goes, now or soon; may be done twice. */
  readonly erase: (env: Bindings, users: readonly ErasedUser[]) => Promise<void>;
  /** Makes the list of rooms anew; a house without anybody and anything has its lobby. */
  readonly relist: (env: Bindings) => Promise<void>;
  /** Wakes every run of workflows that is open, and every chore: what queues had of them was not heard, or is elsewhere. */
  readonly revive: (env: Bindings) => Promise<void>;
}
