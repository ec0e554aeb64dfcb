// The HTTP side of backups, and what the composition needs of them besides.
import { ApiError, type Bindings, type ErrorCode, type Route } from "../platform";
import { backupRoutes } from "./http/backups";
import { kernelsRoute } from "./http/kernels";
import { restoreRoutes } from "./http/restores";
import type { BackupPorts } from "./ports";
import { isRestoring } from "./run-table";

export { type CopyAnswer, type CopyCall, copyStorage } from "./copy/object";
export type { BackupPorts } from "./ports";
export { sweepBackups } from "./sweep";

/** Every route of backups, and the list of kernels that is kept for them. */
export const makeBackupRoutes = (ports: BackupPorts): readonly Route[] => [
  ...backupRoutes(ports),
  ...restoreRoutes(ports),
  kernelsRoute,
];

/** What somebody is told of whom the directory has lost for a while. */
const OF_NOBODY: readonly ErrorCode[] = ["unauthenticated", "forbidden", "not_found"];
/** When they may ask again. */
const RETRY_MS = 2_000;

const restoring = () =>
  new ApiError("restoring", "this server is being restored from a backup", { retryAfterMs: RETRY_MS });

/** Throws while a restore is under way: what was written now would be lost, or stand in the way of what comes; what is read is half. */
export async function refuseWhileRestoring({ DB }: Pick<Bindings, "DB">): Promise<void> {
  if (await isRestoring(DB).catch(() => false)) throw restoring();
}

/**
 * Whether queues and the clock have to stand still: rows are missing that they would miss, or take for lost. What they do not hear now is
 * said again at the end of the restore.
 */
export const standsStill = ({ DB }: Pick<Bindings, "DB">): Promise<boolean> => isRestoring(DB, true);

/**
 * The error that a refusal really is, of what is answered while a restore is under way: nobody is in the directory then, and who was told
 * so would take it for final. Only of who says who they are is it asked.
 */
export async function refusalWhile(env: Bindings, request: Request, thrown: unknown): Promise<unknown> {
  const known = ["authorization", "cookie", "sec-websocket-protocol"].some((name) => request.headers.has(name));
  if (!(thrown instanceof ApiError) || !known || !OF_NOBODY.includes(thrown.code)) return thrown;
  return (await isRestoring(env.DB).catch(() => false)) ? restoring() : thrown;
}

/** Writes down that there is a kernel of this name: nothing else would ever name its object. */
export async function noteKernel({ DB }: Pick<Bindings, "DB">, name: string, store: string): Promise<void> {
  const sql = "INSERT INTO backup_kernel(name, store) VALUES(?1, ?2) ON CONFLICT DO NOTHING";
  await DB.prepare(sql).bind(name, store).run();
}
