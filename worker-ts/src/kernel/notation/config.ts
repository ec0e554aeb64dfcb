// Configurations of clusters and vats: what they may say, and the command that the core is given. Where a bundle comes from is asked of
// the host. Every refusal is a KernelError with BAD_CONFIG, LIMIT_EXCEEDED or UNKNOWN_BUNDLE, and nothing has happened.
import { isWellFormed, utf8Length } from "../../platform/text";
import type { Command, VatSpec } from "../host/machine";
import type { CapData, ClusterConfig, VatConfig } from "../kernel";
import { KernelError } from "../kernel-error";
import { CONFIG_BYTES_MAX, NAME_BYTES_MAX, SUBCLUSTER_VATS_MAX } from "../rpc/limits";
import { isRecord, unfit } from "../rpc/text";
import { toCapData } from "./arguments";

/** Names of vats and services become fields of records. */
const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

/** What a vat may name as `globals`: what it has anyway, or may be given without giving it the world. */
const GLOBALS: readonly string[] = ["console", "TextEncoder", "TextDecoder", "URL", "URLSearchParams", "atob", "btoa"];

/** Where a vat's code is looked for: one of the two. */
export type BundleSource = Pick<VatConfig, "bundleName" | "bundleSpec">;

/** The host's look-up: `static:<registered name>`, the SHA-256 of a bundle in hex, or null. */
export type FindBundle = (source: BundleSource) => Promise<string | null>;

const bad = (why: string) => new KernelError("BAD_CONFIG", why);

type Fields = Readonly<Record<string, unknown>>;

/** The value as a record with these fields at most. */
function fields(value: unknown, what: string, known: readonly string[]): Fields {
  if (!isRecord(value)) throw bad(`${what} must be an object`);
  const strange = Object.keys(value).find((name) => !known.includes(name));
  // what stands there may be long and is the caller's; which fields there are is told
  if (strange !== undefined) throw bad(`${what} may have ${known.join(", ")} and nothing else`);
  return value;
}

function oneOf(value: unknown, what: string, choices: readonly string[]): void {
  if (value !== undefined && !choices.includes(value as string)) throw bad(`${what} must be ${choices.join(" or ")}`);
}

function listOf(value: unknown, what: string, fits: (entry: string) => boolean): void {
  if (value === undefined) return;
  if (!Array.isArray(value) || !value.every((entry) => typeof entry === "string" && fits(entry)))
    throw bad(`${what} must be a list of names`);
  if (new Set(value).size !== value.length) throw bad(`${what} names one twice`);
}

const isSource = (text: unknown): text is string =>
  typeof text === "string" && text !== "" && isWellFormed(text) && utf8Length(text) <= NAME_BYTES_MAX;

/** A vat's configuration, or `BAD_CONFIG`. */
export function checkVatConfig(value: unknown, what = "the vat"): VatConfig {
  if (isRecord(value) && Object.hasOwn(value, "sourceSpec"))
    throw bad(`${what}: sourceSpec is not supported, bundle the vat first`);
  const config = fields(value, what, ["bundleName", "bundleSpec", "parameters", "creationOptions", "globals"]);
  const { bundleName, bundleSpec, parameters, creationOptions, globals } = config;
  if ((bundleName === undefined) === (bundleSpec === undefined))
    throw bad(`${what} must have exactly one of bundleName and bundleSpec`);
  if (!isSource(bundleName ?? bundleSpec)) throw bad(`${what}: a bundle's name may have ${NAME_BYTES_MAX} bytes`);
  if (parameters !== undefined && (!isRecord(parameters) || unfit(parameters) !== undefined))
    throw bad(`${what}: parameters must be an object of JSON data`);
  const options = fields(creationOptions ?? {}, `${what}: creationOptions`, ["heap", "whenFull", "imports"]);
  oneOf(options["heap"], `${what}: heap`, ["replay", "forget"]);
  oneOf(options["whenFull"], `${what}: whenFull`, ["restart", "refuse"]);
  oneOf(options["imports"], `${what}: imports`, ["held", "scoped"]);
  listOf(globals, `${what}: globals`, (name) => GLOBALS.includes(name));
  return config as VatConfig;
}

/** A cluster's configuration, or `BAD_CONFIG`, or `LIMIT_EXCEEDED`. */
export function checkConfig(value: unknown): ClusterConfig {
  if (isRecord(value) && Object.hasOwn(value, "io")) throw bad("io is not supported: effects come as services");
  const known = ["bootstrap", "services", "vats", "bundles", "forceReset"];
  const { bootstrap, services, vats, bundles, forceReset } = fields(value, "the configuration", known);
  if (unfit(value) !== undefined) throw bad("the configuration must be JSON data");
  if (utf8Length(JSON.stringify(value)) > CONFIG_BYTES_MAX)
    throw new KernelError("LIMIT_EXCEEDED", `a configuration may have ${CONFIG_BYTES_MAX} bytes`);
  if (!isRecord(vats)) throw bad("vats must be an object");
  const names = Object.keys(vats);
  if (names.length > SUBCLUSTER_VATS_MAX)
    throw new KernelError("LIMIT_EXCEEDED", `a subcluster may have ${SUBCLUSTER_VATS_MAX} vats`);
  if (!names.every((name) => NAME.test(name))) throw bad("a vat's name must be letters, digits, _ and -");
  if (typeof bootstrap !== "string" || !Object.hasOwn(vats, bootstrap))
    throw bad("bootstrap must name one of the vats");
  listOf(services, "services", (name) => NAME.test(name));
  if (forceReset !== undefined && typeof forceReset !== "boolean") throw bad("forceReset must be true or false");
  checkBundles(bundles);
  for (const name of names) checkVatConfig(vats[name], `vat ${name}`);
  return value as unknown as ClusterConfig;
}

/** Bundles of the configuration's own: a name for a source, which must not lead to another such name. */
function checkBundles(bundles: unknown): void {
  if (bundles === undefined) return;
  if (!isRecord(bundles)) throw bad("bundles must be an object");
  for (const [name, bundle] of Object.entries(bundles)) {
    if (!isSource(name)) throw bad(`a bundle's name may have ${NAME_BYTES_MAX} bytes`);
    checkVatConfig(bundle, "a bundle");
  }
}

/** A launch, ready for the core; `reset`: everything is to be cleared before it (`forceReset`). */
export interface Launch {
  readonly reset: boolean;
  readonly command: Extract<Command, { readonly type: "launch" }>;
}

/** The launch of a configuration. */
export async function toLaunch(config: unknown, find: FindBundle): Promise<Launch> {
  const { bootstrap, services = [], vats, bundles = {}, forceReset = false } = checkConfig(config);
  const specs: VatSpec[] = [];
  for (const [name, vat] of Object.entries(vats)) specs.push(await toSpec(name, vat, bundles, find));
  const text = JSON.stringify(config);
  return { reset: forceReset, command: { type: "launch", config: text, bootstrap, services, vats: specs } };
}

/** The upgrade of a vat: its new code and parameters. Heap and transcript policy stay what they were. */
export async function toUpgrade(
  id: string,
  config: unknown,
  find: FindBundle,
): Promise<Extract<Command, { readonly type: "upgradeVat" }>> {
  const { bundle, parameters, config: text } = await toSpec(id, checkVatConfig(config), {}, find);
  return { type: "upgradeVat", vat: id, bundle, parameters, config: text };
}

async function toSpec(
  name: string,
  config: VatConfig,
  bundles: Readonly<Record<string, VatConfig>>,
  find: FindBundle,
): Promise<VatSpec> {
  const { parameters = {}, creationOptions = {} } = config;
  const { heap, whenFull = "restart", imports = "held" } = creationOptions;
  const bundle = await locate(config, bundles, find);
  if (bundle === null) throw new KernelError("UNKNOWN_BUNDLE", `vat ${name}: there is no such bundle`);
  const isStatic = bundle.startsWith("static:");
  // its code changes with every deployment, and a replay would diverge
  if (isStatic && heap === "replay") throw bad(`vat ${name}: what is compiled in cannot be replayed`);
  return {
    name,
    bundle: imports === "scoped" ? `${bundle}${SCOPED}` : bundle,
    parameters: toCapData(parameters) satisfies CapData,
    config: JSON.stringify(config),
    heap: isStatic ? "forget" : (heap ?? "replay"),
    whenFull,
  };
}

async function locate(
  { bundleName, bundleSpec }: VatConfig,
  bundles: Readonly<Record<string, VatConfig>>,
  find: FindBundle,
): Promise<string | null> {
  if (bundleSpec !== undefined) return find({ bundleSpec });
  if (bundleName === undefined) return null;
  const own = Object.hasOwn(bundles, bundleName) ? bundles[bundleName] : undefined;
  if (own === undefined) return find({ bundleName });
  return find(own.bundleSpec === undefined ? { bundleName: own.bundleName! } : { bundleSpec: own.bundleSpec });
}

/** The core keeps a vat's bundle as a text it does not read; how the vat holds its imports stands behind it. */
const SCOPED = "#scoped";

/** What `VatSpec.bundle` says. */
export function readBundle(text: string): { readonly bundle: string; readonly imports: "held" | "scoped" } {
  return text.endsWith(SCOPED)
    ? { bundle: text.slice(0, -SCOPED.length), imports: "scoped" }
    : { bundle: text, imports: "held" };
}
