// What a form may be, and the text that is in it: type, length, limits. Which bytes are text the platform's own parser says;
// `partsOf` and `isText` hold back what that parser and Python's read differently. worker-py/src/form.py is the same in Python.
import { ApiError, readBytes } from "../platform";

/** The fields, in the order of the page. A line break counts as one character, as it does for `maxlength` in a browser. */
export const FIELDS = [
  { name: "name", label: "Name", charactersMax: 200 },
  { name: "message", label: "Message", charactersMax: 10_000 },
] as const;

/** What was understood; a field that was not sent is empty. */
export type FormText = Readonly<Record<(typeof FIELDS)[number]["name"], string>>;

/** What nobody has filled in yet. */
export const EMPTY: FormText = { name: "", message: "" };

/** Bytes of a whole body, whatever its encoding. */
const BODY_BYTES_MAX = 65_536;
/** Fields of any name, repeated ones too. */
const FIELDS_MAX = 10;

const URLENCODED = "application/x-www-form-urlencoded";
const MULTIPART = "multipart/form-data";
/** The white space of HTTP (RFC 9110, section 5.6.3): what else counts as such, each language answers for itself. */
const OUTER = /^[ \t]+|[ \t]+$/g;

/** Code of a refusal -> status, and what it says to people. */
export const REFUSALS = {
  unsupported_type: [415, `Send ${URLENCODED} or ${MULTIPART}.`],
  length_required: [411, "Say how long the form is: a Content-Length is needed."],
  too_large: [413, `The whole form may have ${thousands(BODY_BYTES_MAX)} bytes.`],
  too_many_fields: [400, `A form may have ${FIELDS_MAX} fields.`],
  file_refused: [400, "Files are not taken here, only text."],
  field_too_long: [400, "A field is too long."],
  malformed: [400, "The form could not be read: it is not what its content type says."],
} as const satisfies Record<string, readonly [status: number, sentence: string]>;

/** A form that is not taken. */
export class FormRefusal extends Error {
  override readonly name = "FormRefusal";

  /** `kept`: what was understood; `field`: the one that is at fault. */
  constructor(
    readonly code: keyof typeof REFUSALS,
    readonly kept: FormText = EMPTY,
    readonly field?: (typeof FIELDS)[number],
  ) {
    super(field ? `The field ${field.name} may have ${thousands(field.charactersMax)} characters.` : REFUSALS[code][1]);
  }
}

/** The text of a posted form. Throws FormRefusal. */
export async function readForm(request: Request): Promise<FormText> {
  const header = request.headers.get("content-type") ?? "";
  const type = header.split(";")[0]!.replaceAll(OUTER, "").toLowerCase();
  if (type !== URLENCODED && type !== MULTIPART) throw new FormRefusal("unsupported_type");
  if (!/^\d+$/.test(request.headers.get("content-length") ?? "")) throw new FormRefusal("length_required");
  const body = await readBytes(request, BODY_BYTES_MAX).catch((thrown) => {
    throw thrown instanceof ApiError && thrown.code === "too_large" ? new FormRefusal("too_large") : thrown;
  });
  return textOf(type === URLENCODED ? await parseUrlencoded(body) : await parseMultipart(body, header));
}

/** What was sent under a name; null stands for a file. */
type Entry = readonly [name: string, value: string | null];

/** The entries, if they are within the limits. The first of a name counts. */
function textOf(entries: readonly Entry[]): FormText {
  const first = (wanted: string) => entries.find(([name, value]) => name === wanted && value !== null)?.[1];
  const text = Object.fromEntries(FIELDS.map(({ name }) => [name, first(name) ?? ""])) as FormText;
  if (entries.some(([, value]) => value === null)) throw new FormRefusal("file_refused", text);
  if (entries.length > FIELDS_MAX) throw new FormRefusal("too_many_fields", text);
  const long = FIELDS.find(({ name, charactersMax }) => characters(text[name]) > charactersMax);
  if (long !== undefined) throw new FormRefusal("field_too_long", text, long);
  return text;
}

async function parseUrlencoded(body: Uint8Array<ArrayBuffer>): Promise<readonly Entry[]> {
  // refuses escapes that are none, which every parser reads in its own way, and escaped bytes that are no UTF-8
  if (!isText(body, decodeURIComponent)) throw new FormRefusal("malformed");
  return (await parse(body, URLENCODED)).map(([name, value]) => [name, String(value)]);
}

async function parseMultipart(body: Uint8Array<ArrayBuffer>, header: string): Promise<readonly Entry[]> {
  const [, quoted, bare] = /;[ \t]*boundary=(?:"([^"]*)"|([^ \t";]*))/i.exec(header) ?? [];
  const boundary = quoted ?? bare ?? "";
  const files = partsOf(body, boundary)?.map((part) => part[1] !== undefined);
  if (files === undefined) throw new FormRefusal("malformed");
  // a file may hold any bytes, and is refused as what it is
  if (!isText(body)) throw new FormRefusal(files.includes(true) ? "file_refused" : "malformed");
  const entries = await parse(body, `${MULTIPART}; boundary="${boundary}"`);
  return entries.map(([name, value], at) => [name, files[at] ? null : String(value)]);
}

async function parse(body: Uint8Array<ArrayBuffer>, type: string): Promise<[string, string | File][]> {
  try {
    return [...(await new Response(body, { headers: { "content-type": type } }).formData())];
  } catch {
    throw new FormRefusal("malformed");
  }
}

/** RFC 2046, section 5.1.1, without the space. */
const BOUNDARY = /^[\w'()+,./:=?-]{1,70}$/;
/**
 * A part as every browser writes it (RFC 7578): its name first, a file's name, other headers, an empty line, what it holds. Python's
 * parser takes 8 headers of 4,224 bytes; these limits stay below that.
 */
const PART =
  /^\r\n[Cc]ontent-[Dd]isposition: form-data; name="[^"\\\r\n]{1,1000}"(; filename="[^"\\\r\n]{0,1000}")?(?:\r\n[\w-]{1,100}: [^\r\n]{0,1000}){0,7}\r\n\r\n[\s\S]*\r\n$/;

/** The parts of a multipart body, if it is parts between boundaries and nothing else: no preamble, no bare line feed, an end. */
function partsOf(body: Uint8Array, boundary: string): readonly RegExpExecArray[] | undefined {
  if (!BOUNDARY.test(boundary)) return undefined;
  // one character per byte: what a file holds need not be text
  const [before, ...rest] = new TextDecoder("latin1").decode(body).split(`--${boundary}`);
  const end = rest.pop();
  if (before !== "" || (end !== "--" && end !== "--\r\n")) return undefined;
  const parts = rest.map((part) => PART.exec(part)).filter((part) => part !== null);
  return parts.length === rest.length ? parts : undefined;
}

/** Whether the bytes are UTF-8, and stay it once they are decoded further. */
function isText(body: Uint8Array, decode: (text: string) => string = (text) => text): boolean {
  try {
    decode(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body));
    return true;
  } catch {
    return false;
  }
}

function characters(text: string): number {
  return [...text.replaceAll("\r\n", "\n")].length;
}

function thousands(count: number): string {
  // not by `toLocaleString`: the tables of languages that it loads were a twelfth of the Worker's start
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ",");
}
