// What the Worker is given: bindings, and variables that may each be missing. Types only, and the one look-up that insists.
import { ApiError } from "./errors";

/** Secrets and switches: `.dev.vars` here, `wrangler secret put` on Cloudflare. `.dev.vars.example` explains each. */
export interface Variables {
  /** Signs sessions and tickets; at least 32 characters. */
  readonly BETTER_AUTH_SECRET?: string;
  /** The address people use, when it differs from the one a request shows; `https:` makes the cookies Secure. */
  readonly BETTER_AUTH_URL?: string;
  /** Opens the metrics. */
  readonly METRICS_TOKEN?: string;
  /** E-mail addresses of admins, separated by commas; the first is the owner's. */
  readonly ADMIN_EMAILS?: string;
  /** Bearer token of the admin; also signs the owner in. */
  readonly ADMIN_TOKEN?: string;
  /** Other origins that may call with cookies and read answers, separated by commas. */
  readonly TRUSTED_ORIGINS?: string;
  /** `off` lets tests sign in as often as they like; everything else is on. */
  readonly AUTH_RATE_LIMIT?: string;
  /** Encrypts what runs of workflows take, keep and give, a key for each run; at least 32 characters. */
  readonly WORKFLOW_ENCRYPTION_SECRET?: string;
  /** Why there is no Python here; what runs the Worker on this machine sets it. Missing where Python runs, so on Cloudflare. */
  readonly PYTHON_OFF?: string;
}

/** Bindings that a plan or a machine may lack: whoever uses one looks first. */
interface OptionalBindings {
  readonly METRICS?: AnalyticsEngineDataset;
  readonly LOADER?: WorkerLoader;
  readonly PY?: Fetcher;
}

/** The environment as code of this house sees it, whatever `.dev.vars` happened to hold when the types were made. */
export type Bindings = Omit<Env, keyof Variables | keyof OptionalBindings> & Variables & OptionalBindings;

/** The variable, or an `internal` error that names it in the log (never to the caller). */
export function required(env: Bindings, name: keyof Variables): string {
  const value = env[name];
  if (!value) throw new ApiError("internal", "the server is not set up", { cause: `${name} is not set` });
  return value;
}

/** The entries of a list variable, trimmed; empty when it is missing. */
export function list(value: string | undefined): string[] {
  return (value ?? "").split(",").flatMap((entry) => entry.trim() || []);
}
