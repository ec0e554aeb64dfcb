// Whose a run is, and who may see it: its owner and admins, who may act on it too, and whoever the composition lets look. To all others
// there is no such run.
import { ApiError, type Bindings, type Caller } from "../../platform";
import { makeScope, type Scope } from "../runtime/scope";
import { workflowSettings } from "../runtime/settings";
import { findRunSummary, type RunSummary } from "../store/survey/summary";

/** A call of whoever is signed in, or of the admin by token, who is nobody in particular. */
export interface Asked {
  readonly env: Bindings;
  readonly caller: Caller | null;
  readonly waitUntil: (work: Promise<unknown>) => void;
}

/** Whose runs the caller may see; undefined for all. */
export const ownerSeen = ({ caller }: Pick<Asked, "caller">): string | undefined =>
  caller === null || caller.admin ? undefined : caller.userId;

/** For whom the caller starts runs. */
export const identityOf = ({ caller }: Pick<Asked, "caller">): { readonly ownerId?: string } =>
  caller === null ? {} : { ownerId: caller.userId };

/** An invocation of the call's own. */
export const scopeOf = ({ env, waitUntil }: Asked): Scope => makeScope(env, { waitUntil });

/** What reads of a scope need. */
export const portsOf = ({ env, budget }: Scope) => ({ db: env.WORKFLOW_DB, spend: budget.spend });

/** A run, and what the caller may do with it beside looking. */
export interface VisibleRun {
  readonly run: RunSummary;
  /** Cancel it, resume its hooks, know their tokens. */
  readonly mayAct: boolean;
}

/** The run, if the caller may look at it; `not_found` if not, or if there is none. */
export async function getVisibleRun(asked: Asked, scope: Scope, runId: string): Promise<VisibleRun> {
  const run = await findRunSummary(portsOf(scope), runId);
  if (run === undefined) throw noSuch("run");
  const owner = ownerSeen(asked);
  if (owner === undefined || run.owner_id === owner) return { run, mayAct: true };
  const { maySee } = workflowSettings();
  const told = { id: run.id, attributes: JSON.parse(run.attributes) };
  if (maySee === undefined || !(await maySee(asked.env, told, owner))) throw noSuch("run");
  return { run, mayAct: false };
}

/** The run, if the caller may act on it; `not_found` if not, or if there is none. */
export async function getOwnRun(asked: Asked, scope: Scope, runId: string): Promise<RunSummary> {
  const { run, mayAct } = await getVisibleRun(asked, scope, runId);
  if (!mayAct) throw noSuch("run");
  return run;
}

/** There is none, or none for this caller. */
export const noSuch = (what: string): ApiError => new ApiError("not_found", `there is no such ${what}`);
