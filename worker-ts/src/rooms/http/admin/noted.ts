// What an entry of the audit says of an admin's doing, whatever it is.
import { type Bindings, type Caller, now } from "../../../platform";
import { type AuditAction, addAuditOnce } from "../../directory/audit-table";

/** The same repair of the same thing within this time (ms) is one: a button pressed twice, or by two admins at once. */
export const AGAIN_MS = 10_000;

/** No room, and who did it: nobody in particular where it was the token. */
export function noted(caller: Caller | null): { roomId: null; actorId: string | null; at: number } {
  return { roomId: null, actorId: caller?.userId ?? null, at: now() };
}

/** Notes what an admin does in another part of the house; false where the same was noted a moment ago, and so is being done. */
export function noteDoing(
  { DB }: Pick<Bindings, "DB">,
  actorId: string | null,
  action: AuditAction,
  detail: Readonly<Record<string, unknown>>,
): Promise<boolean> {
  return addAuditOnce(DB, { roomId: null, actorId, action, subject: null, detail, at: now() }, AGAIN_MS);
}
