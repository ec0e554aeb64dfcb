// Checks of parameters, put together per method. A check says why a value does not fit, never what the value is: it may be a secret.
import { isWellFormed, parseJson, utf8Length } from "../../platform/text";
import { KernelError, type KernelErrorCode } from "../kernel-error";
import { QUERY_LENGTH_MAX } from "../limits";
import { slotOf, whyNoMethod } from "../notation/arguments";
import { checkConfig, checkVatConfig } from "../notation/config";
import { parseOcapUrl } from "../notation/ocap-url";
import { BODY_BYTES_MAX, BUNDLE_BYTES_MAX, NAME_BYTES_MAX, SLOTS_MAX } from "./limits";
import { isRecord, isShallow } from "./text";

/** Why a value does not fit; `code`: when it is more than a matter of shape. */
export interface Misfit {
  readonly why: string;
  readonly code?: KernelErrorCode;
}

/** Undefined: it fits. */
export type Check = (value: unknown) => Misfit | undefined;

const misfit = (why: string): Misfit => ({ why });
const tooMuch = (why: string): Misfit => ({ why, code: "LIMIT_EXCEEDED" });

/** No parameters: none at all, or an empty list. */
export const nothing: Check = (value) =>
  value === undefined || (Array.isArray(value) && value.length === 0) ? undefined : misfit("must be []");

/** A list of exactly these. */
export function list(...checks: readonly (readonly [name: string, check: Check])[]): Check {
  return (value) => {
    if (!Array.isArray(value) || value.length !== checks.length)
      return misfit(`must be [${checks.map(([name]) => name).join(", ")}]`);
    return first(checks.map(([name, check], at) => [name, check, value[at]]));
  };
}

/** An object with exactly these fields. */
export function record(checks: Readonly<Record<string, Check>>): Check {
  const names = Object.keys(checks);
  return (value) => {
    const fits = isRecord(value) && Object.keys(value).length === names.length;
    if (!fits || !names.every((name) => Object.hasOwn(value, name))) return misfit(`must be {${names.join(", ")}}`);
    return first(names.map((name) => [name, checks[name]!, value[name]]));
  };
}

function first(checks: readonly (readonly [name: string, check: Check, value: unknown])[]): Misfit | undefined {
  for (const [name, check, value] of checks) {
    const wrong = check(value);
    if (wrong !== undefined) return { ...wrong, why: `${name}: ${wrong.why}` };
  }
  return undefined;
}

/** A name of the kernel's: a prefix and a number that JavaScript has exactly. */
function reference(pattern: RegExp, like: string): Check {
  return (value) => {
    const digits = typeof value === "string" ? pattern.exec(value)?.[1] : undefined;
    return digits !== undefined && Number(digits) <= Number.MAX_SAFE_INTEGER
      ? undefined
      : misfit(`must be like ${like}`);
  };
}

/** `ko12`, `kp3`. */
export const kref = reference(/^k[op](0|[1-9]\d{0,15})$/, "ko12 or kp3");
/** `v1`. */
export const vatId = reference(/^v(0|[1-9]\d{0,15})$/, "v1");
/** `s1`. */
export const subclusterId = reference(/^s(0|[1-9]\d{0,15})$/, "s1");

/** A text of at most so many bytes; empty ones are none. */
export function text(bytesMax: number): Check {
  return (value) => {
    if (typeof value !== "string" || value === "" || !isWellFormed(value)) return misfit("must be a text");
    return utf8Length(value) > bytesMax ? tooMuch(`may have ${bytesMax} bytes`) : undefined;
  };
}

/** A name that a bundle is put under. */
export const bundleName = text(NAME_BYTES_MAX);
/** A statement of SQL. */
export const sql = text(QUERY_LENGTH_MAX);

/** A whole number. */
export function whole(least: number, most: number): Check {
  return (value) =>
    Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most
      ? undefined
      : misfit(`must be a whole number from ${least} to ${most}`);
}

/** The name of a method. */
export const method: Check = (value) => {
  const why = typeof value === "string" ? whyNoMethod(value) : "must be a text";
  return why === undefined ? undefined : misfit(why);
};

/** Arguments; that they are JSON was seen to before. */
export const args: Check = (value) => (Array.isArray(value) ? undefined : misfit("must be a list"));

/** An ocap URL, whoever may know it. */
export const ocapUrl: Check = (value) =>
  typeof value === "string" && parseOcapUrl(value) !== null ? undefined : misfit("must be an ocap URL");

/** What a check that throws has to say. */
function told(check: (value: unknown) => unknown): Check {
  return (value) => {
    try {
      check(value);
      return undefined;
    } catch (thrown) {
      if (thrown instanceof KernelError) return { why: thrown.message, code: thrown.code };
      throw thrown;
    }
  };
}

/** A ClusterConfig. */
export const clusterConfig = told(checkConfig);
/** A VatConfig. */
export const vatConfig = told((value) => checkVatConfig(value));

const sha256: Check = (value) =>
  typeof value === "string" && /^[0-9a-f]{64}$/.test(value) ? undefined : misfit("must be 64 digits of hex");

/** What `ferrule vat` writes. */
export const bundle = record({
  moduleFormat: (value) => (value === "iife" ? undefined : misfit('must be "iife"')),
  code: text(BUNDLE_BYTES_MAX),
  sha256,
});

/** `[method, args]` as CapData: every slot that the body names is there. */
export const methargs: Check = (value) => {
  const wrong = capData(value);
  if (wrong !== undefined) return wrong;
  const { body, slots } = value as { readonly body: string; readonly slots: readonly unknown[] };
  const message = parseJson(body.slice(1));
  const fits = Array.isArray(message) && message.length === 2 && Array.isArray(message[1]);
  const name: unknown = fits ? message[0] : undefined;
  if (typeof name !== "string") return misfit("body: must be [method, args]");
  const wrongName = whyNoMethod(name);
  if (wrongName !== undefined) return misfit(`body: the method's name ${wrongName}`);
  return namesMissingSlot(message, slots.length) ? misfit("body: names a slot that is not there") : undefined;
};

const shape = record({ body: text(BODY_BYTES_MAX), slots: () => undefined });

function capData(value: unknown): Misfit | undefined {
  const wrong = shape(value);
  if (wrong !== undefined) return wrong;
  const { body, slots } = value as { readonly body: string; readonly slots: unknown };
  if (!Array.isArray(slots)) return misfit("slots: must be a list");
  if (slots.length > SLOTS_MAX) return tooMuch(`slots: may be ${SLOTS_MAX}`);
  if (slots.some((slot) => kref(slot) !== undefined)) return misfit("slots: must be krefs");
  if (!body.startsWith("#")) return misfit("body: must begin with #");
  if (!isShallow(body)) return tooMuch("body: may not nest so deep");
  return parseJson(body.slice(1)) === undefined ? misfit("body: is no JSON behind the #") : undefined;
}

/** Whether a smallcaps value, which is shallow, names a slot that is not there, or names none where it should. */
function namesMissingSlot(value: unknown, slots: number): boolean {
  if (typeof value === "string") return /^[$&]/.test(value) && !((slotOf(value) ?? slots) < slots);
  if (Array.isArray(value)) return value.some((entry) => namesMissingSlot(entry, slots));
  return isRecord(value) && Object.values(value).some((entry) => namesMissingSlot(entry, slots));
}
