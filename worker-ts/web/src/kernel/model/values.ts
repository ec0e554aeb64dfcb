// Values for people, both ways: arguments that somebody types as JSON, and CapData that the kernel answers. Knows the part of
// smallcaps that JSON and references need (@endo/marshal); what is beyond it is shown as it came.
import type { CapData } from "../rpc/shapes";

/** Why what was typed is no list of arguments. */
export class BadArguments extends Error {}

const KREF = /^k[op]\d{1,16}$/u;
/** How a reference is written among arguments: `{"@": "ko12"}`. */
const REFERENCE = "@";

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

const isObject = (value: Json): value is { readonly [name: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The kref of a reference; undefined for every other value. */
function referenceIn(value: Json): string | undefined {
  if (!isObject(value) || Object.keys(value).length !== 1) return undefined;
  const kref = value[REFERENCE];
  if (kref === undefined) return undefined;
  if (typeof kref !== "string" || !KREF.test(kref))
    throw new BadArguments(`{"@": …} is a reference and names an object or a promise, such as "ko12".`);
  return kref;
}

/** Text that smallcaps would read as something else is marked. */
const mark = (text: string): string => (/^[!--]/u.test(text) ? `!${text}` : text);

function encode(value: Json, slots: string[]): Json {
  if (typeof value === "string") return mark(value);
  if (Array.isArray(value)) return value.map((one) => encode(one, slots));
  if (!isObject(value)) return value;
  const kref = referenceIn(value);
  if (kref !== undefined) {
    if (!slots.includes(kref)) slots.push(kref);
    return `${kref.startsWith("kp") ? "&" : "$"}${slots.indexOf(kref)}`;
  }
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [mark(name), encode(one, slots)]));
}

/** A message as it is asked for: plain arguments when there is no reference among them, CapData of method and arguments when there is. */
export type Asked = { readonly args: readonly Json[] } | { readonly methargs: CapData };

/** Reads what was typed. Throws `BadArguments`. */
export function readArguments(method: string, text: string): Asked {
  const args = readJson(text.trim() === "" ? "[]" : text);
  if (!Array.isArray(args)) throw new BadArguments('Arguments are a JSON list, such as [1, "two"].');
  const slots: string[] = [];
  const encoded = encode(args as Json, slots);
  if (slots.length === 0) return { args };
  return { methargs: { body: `#${JSON.stringify([mark(method), encoded])}`, slots } };
}

function readJson(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new BadArguments(`This is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Reads what was typed as a configuration. Throws `BadArguments`. */
export function readObject(text: string): Readonly<Record<string, unknown>> {
  const value = readJson(text);
  if (!isObject(value)) throw new BadArguments("A configuration is a JSON object.");
  return value;
}

function showText(text: string, slots: readonly string[]): string {
  const [, at] = /^[$&](\d+)/u.exec(text) ?? [];
  if (at !== undefined) return slots[Number(at)] ?? text;
  if (text.startsWith("!")) return JSON.stringify(text.slice(1));
  if (/^[+-]\d+$/u.test(text)) return `${text.replace("+", "")}n`;
  if (text.startsWith("#")) return text.slice(1);
  return JSON.stringify(text);
}

function showError(value: { readonly [name: string]: Json }): string {
  const said = String(value["#error"]).replace(/^!/u, "");
  return `${String(value["name"] ?? "Error")}: ${said}`;
}

function show(value: Json, slots: readonly string[]): string {
  if (typeof value === "string") return showText(value, slots);
  if (Array.isArray(value)) return `[${value.map((one) => show(one, slots)).join(", ")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  if ("#error" in value) return showError(value);
  const fields = Object.entries(value).map(([name, one]) => `${name.replace(/^!/u, "")}: ${show(one, slots)}`);
  return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
}

/** CapData as one reads it: krefs in place of slots. A body that was cut is shown as it is but for them, one of another kind as it is. */
export function showCapData({ body, slots }: CapData): string {
  if (!body.startsWith("#")) return body;
  try {
    return show(JSON.parse(body.slice(1)) as Json, slots);
  } catch {
    return body.replace(/"[$&](\d+)(?:\.[^"\\]*)?"/gu, (text, at: string) => slots[Number(at)] ?? text);
  }
}

/** Whether something is CapData. */
export function isCapData(value: unknown): value is CapData {
  if (typeof value !== "object" || value === null) return false;
  const { body, slots } = value as { body?: unknown; slots?: unknown };
  return typeof body === "string" && Array.isArray(slots);
}
