// JSON data as smallcaps bodies and back, without the packages that vats use: what callers and services hand in and get. Objects of vats
// are `Reference`s here. The spelling is that of @endo/marshal; a test holds the two against each other.
import { isWellFormed, parseJson, utf8Length } from "../../platform/text";
import type { CapData, Kref } from "../kernel";
import { KernelError } from "../kernel-error";
import { BODY_BYTES_MAX, DEPTH_MAX, METHOD_BYTES_MAX, SLOTS_MAX } from "../rpc/limits";
import { isRecord, isShallow } from "../rpc/text";

/** An object or a promise of the kernel among data. */
export class Reference {
  readonly kref: Kref;

  constructor(kref: Kref) {
    this.kref = kref;
  }
}

/** The first letters that say what a string stands for; a plain string that begins with one gets a `!` in front. */
const SPECIAL = /^[!--]/;

/** Data as CapData. What JSON does not know is refused, but undefined and bigint, which smallcaps knows, and `Reference`. */
export function toCapData(value: unknown): CapData {
  const slots: Kref[] = [];
  const body = `#${JSON.stringify(encode(value, slots, 0))}`;
  if (utf8Length(body) > BODY_BYTES_MAX)
    throw new KernelError("LIMIT_EXCEEDED", `a body may have ${BODY_BYTES_MAX} bytes`);
  if (slots.length > SLOTS_MAX) throw new KernelError("LIMIT_EXCEEDED", `CapData may have ${SLOTS_MAX} slots`);
  return { body, slots };
}

/** A message as CapData: `[method, args]`. */
export function toMethargs(method: string, args: readonly unknown[]): CapData {
  const wrong = whyNoMethod(method);
  if (wrong !== undefined) throw new KernelError("BAD_CAPDATA", `a method's name ${wrong}`);
  return toCapData([method, args]);
}

/** Why a text is no name of a method; undefined when it is. */
export function whyNoMethod(method: string): string | undefined {
  if (method === "") return "must not be empty";
  if (!isWellFormed(method)) return "must be well-formed";
  return utf8Length(method) > METHOD_BYTES_MAX ? `may have ${METHOD_BYTES_MAX} bytes` : undefined;
}

function encode(value: unknown, slots: Kref[], depth: number): unknown {
  if (depth > DEPTH_MAX) throw new KernelError("BAD_CAPDATA", `data may nest ${DEPTH_MAX} deep`);
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "string") return encodeText(value);
  if (typeof value === "number") return encodeNumber(value);
  if (value === undefined) return "#undefined";
  if (typeof value === "bigint") return value < 0n ? `${value}` : `+${value}`;
  if (Array.isArray(value)) return Array.from(value, (entry: unknown) => encode(entry, slots, depth + 1));
  if (value instanceof Reference) return encodeReference(value, slots);
  if (isRecord(value)) return encodeRecord(value, slots, depth);
  throw new KernelError("BAD_CAPDATA", `a ${typeof value} is no data`);
}

const encodeText = (text: string) => (SPECIAL.test(text) ? `!${text}` : text);

function encodeNumber(value: number): unknown {
  if (Number.isFinite(value)) return Object.is(value, -0) ? 0 : value;
  if (Number.isNaN(value)) return "#NaN";
  return value > 0 ? "#Infinity" : "#-Infinity";
}

function encodeRecord(value: Readonly<Record<string, unknown>>, slots: Kref[], depth: number): unknown {
  // a field called __proto__ must stay a field
  const entries = Object.keys(value)
    .sort()
    .map((name) => [encodeText(name), encode(value[name], slots, depth + 1)]);
  return Object.fromEntries(entries);
}

function encodeReference({ kref }: Reference, slots: Kref[]): string {
  let at = slots.indexOf(kref);
  if (at < 0) at = slots.push(kref) - 1;
  return `${kref.startsWith("kp") ? "&" : "$"}${at}`;
}

/** The data of CapData. Errors become `Error`s, slots `Reference`s; what is neither data nor one of these throws `BAD_CAPDATA`. */
export function fromCapData({ body, slots }: CapData): unknown {
  const value = body.startsWith("#") && isShallow(body) ? parseJson(body.slice(1)) : undefined;
  if (value === undefined) throw malformed("no smallcaps body");
  return decode(value, slots);
}

const malformed = (why: string) => new KernelError("BAD_CAPDATA", why);

function decode(value: unknown, slots: readonly Kref[]): unknown {
  if (typeof value === "string") return decodeText(value, slots);
  if (Array.isArray(value)) return value.map((entry: unknown) => decode(entry, slots));
  if (!isRecord(value)) return value;
  if (Object.hasOwn(value, "#error")) return decodeError(value);
  const names = Object.keys(value);
  if (names.some((name) => SPECIAL.test(name) && !name.startsWith("!")))
    throw malformed("a name in a record that is none");
  const entries = names.map((name) => [name.startsWith("!") ? name.slice(1) : name, decode(value[name], slots)]);
  return Object.fromEntries(entries);
}

const CONSTANTS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["#undefined", undefined],
  ["#NaN", Number.NaN],
  ["#Infinity", Number.POSITIVE_INFINITY],
  ["#-Infinity", Number.NEGATIVE_INFINITY],
]);

function decodeText(text: string, slots: readonly Kref[]): unknown {
  if (!SPECIAL.test(text)) return text;
  if (text.startsWith("!")) return text.slice(1);
  if (CONSTANTS.has(text)) return CONSTANTS.get(text);
  if (/^[+-]\d+$/.test(text)) return BigInt(text.replace("+", ""));
  const at = slotOf(text);
  const kref = at === undefined ? undefined : slots[at];
  if (kref === undefined) throw malformed("a string that stands for nothing");
  return new Reference(kref);
}

/** Which slot a smallcaps string stands for (`$0`, `$0.Alleged: name`, `&1`); undefined when it stands for none. */
export function slotOf(text: string): number | undefined {
  const [, digits] = /^[$&](0|[1-9]\d{0,8})(?:$|\.)/s.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** The error's own text: of an error nothing else is data. */
function decodeError(value: Readonly<Record<string, unknown>>): Error {
  const { "#error": message, name } = value;
  if (typeof message !== "string") throw malformed("an error without a text");
  const error = new Error(message.startsWith("!") ? message.slice(1) : message);
  if (typeof name === "string") error.name = name;
  return error;
}

/** A reason as CapData; what is no error is told by its text. */
export function toReason(thrown: unknown): CapData {
  const [name, message] = thrown instanceof Error ? [thrown.name, thrown.message] : ["Error", String(thrown)];
  const cut = message.length > REASON_LENGTH_MAX ? `${message.slice(0, REASON_LENGTH_MAX)}…` : message;
  return { body: `#${JSON.stringify({ "#error": encodeText(cut), name: encodeText(name) })}`, slots: [] };
}

/** Characters of a reason that are told. */
const REASON_LENGTH_MAX = 1_000;
