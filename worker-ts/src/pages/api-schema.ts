// JSON Schema as HTML for people: what a value may be in a few words, the fields of an object, and an example of one. What is shown is
// what zod makes of the house's own schemas; anything else is shown as it stands.
import type { ApiSchema } from "../platform";
import { escapeHtml } from "./html";

const REF = "#/components/schemas/";
const list = (value: unknown): readonly ApiSchema[] => (Array.isArray(value) ? value : []);
const fieldsOf = (schema: ApiSchema) => Object.entries((schema["properties"] ?? {}) as Record<string, ApiSchema>);
const code = (text: string) => `<code>${escapeHtml(text)}</code>`;

/** The address of a shape on the page. */
export const shapeId = (name: string): string => `shape-${name}`;

/** Text with `code` in it, as HTML. */
export function prose(text: string): string {
  return text
    .split("`")
    .map((part, i) => (i % 2 === 1 ? code(part) : escapeHtml(part)))
    .join("");
}

/** What a value may be, in a few words. */
export function typeHtml(schema: ApiSchema): string {
  const { $ref: ref, const: only, enum: values, anyOf, oneOf, type, items } = schema;
  if (typeof ref === "string") {
    const name = escapeHtml(ref.replace(REF, ""));
    return `<a href="#${shapeId(name)}">${name}</a>`;
  }
  if (only !== undefined) return code(JSON.stringify(only));
  if (Array.isArray(values)) return values.map((value) => code(JSON.stringify(value))).join(" or ");
  const choice = list(anyOf ?? oneOf);
  if (choice.length > 0) return [...new Set(choice.map(typeHtml))].join(" or ");
  if (type === "array") return `list of ${items === undefined ? "anything" : typeHtml(items as ApiSchema)}`;
  if (type === "object") return objectHtml(schema);
  if (type === "string") return stringHtml(schema);
  if (type === "integer" || type === "number") return numberHtml(schema);
  return type === undefined ? "anything" : escapeHtml(String(type));
}

function objectHtml(schema: ApiSchema): string {
  const fields = fieldsOf(schema);
  if (fields.length === 0) return "object";
  return `{ ${fields.map(([name, field]) => `${code(name)}: ${typeHtml(field)}`).join(", ")} }`;
}

function stringHtml({ description, format, pattern, minLength, maxLength }: ApiSchema): string {
  const sort = typeof format === "string" ? `text (${escapeHtml(format)})` : "text";
  const { length } = String(pattern ?? "");
  // what a format is, everybody knows; and words are better than a pattern
  if (format === undefined && description === undefined && length > 0 && length < 60)
    return `${sort} like ${code(String(pattern))}`;
  if (typeof maxLength !== "number") return sort;
  return `${sort}, ${minLength === undefined ? "up to" : `${minLength} to`} ${maxLength} characters`;
}

function numberHtml({ type, minimum, exclusiveMinimum, maximum }: ApiSchema): string {
  const sort = type === "integer" ? "whole number" : "number";
  const isBound = (bound: unknown): bound is number =>
    typeof bound === "number" && Math.abs(bound) < Number.MAX_SAFE_INTEGER;
  const from = typeof exclusiveMinimum === "number" ? exclusiveMinimum + 1 : minimum;
  if (isBound(from) && isBound(maximum)) return `${sort}, ${from} to ${maximum}`;
  return isBound(from) ? `${sort} from ${from}` : sort;
}

/** One entry of a list of fields. */
export function fieldHtml(name: string, schema: ApiSchema, isRequired: boolean): string {
  const { default: otherwise, description } = schema;
  const told = typeof description === "string" ? description : "";
  const facts = [
    typeHtml(schema),
    ...(isRequired
      ? []
      : [otherwise === undefined ? "may be left out" : `${code(JSON.stringify(otherwise))} when left out`]),
  ];
  return `<dt>${code(name)}</dt>\n<dd>${facts.join("; ")}${told === "" ? "" : `<br>${prose(told)}`}</dd>\n`;
}

/** The fields of an object; for all other schemas what they may be. Undefined fields of answers do not exist: all are told as there. */
export function schemaHtml(schema: ApiSchema, isInput: boolean): string {
  const fields = fieldsOf(schema);
  if (fields.length === 0) return `<p>${typeHtml(schema)}</p>\n`;
  const required = (schema["required"] ?? []) as readonly string[];
  const entries = fields.map(([name, field]) => fieldHtml(name, field, !isInput || required.includes(name)));
  return `<dl>\n${entries.join("")}</dl>\n`;
}

/** What is written where nothing better is known. */
const EXAMPLES: Readonly<Record<string, unknown>> = {
  content: "hello",
  email: "ada@example.com",
  emoji: "👍",
  name: "Ada",
  password: "correct horse battery",
  text: "hello",
  title: "A room",
};

/** An example of a value: of an object only what must be there, or one field where nothing must. */
export function exampleOf(schema: ApiSchema, name = ""): unknown {
  const { const: only, enum: values, anyOf, oneOf, type } = schema;
  if (name in EXAMPLES) return EXAMPLES[name];
  if (only !== undefined) return only;
  if (Array.isArray(values)) return values[0];
  const [first] = list(anyOf ?? oneOf);
  if (first !== undefined) return exampleOf(first, name);
  if (type === "object") {
    const fields = fieldsOf(schema);
    const required = (schema["required"] ?? []) as readonly string[];
    const needed = fields.filter(([field]) => required.includes(field));
    const known = fields.filter(([field]) => field in EXAMPLES);
    const shown = needed.length > 0 ? needed : (known.length > 0 ? known : fields).slice(0, 1);
    return Object.fromEntries(shown.map(([field, part]) => [field, exampleOf(part, field)]));
  }
  if (type === "array") return [];
  if (type === "boolean") return true;
  if (type === "integer" || type === "number") return 1;
  return "…";
}
