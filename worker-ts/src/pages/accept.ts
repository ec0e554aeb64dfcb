// What a caller would rather have, by its header Accept (RFC 9110, section 12.5.1). worker-py/src/accept.py is the same in Python.

/** A weight: 0 to 1, up to three decimals. An entry with another one is no entry. */
const WEIGHT = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/;

/** Whether HTML is wanted more than plain text; whoever does not care, as curl, gets plain text. */
export function prefersHtml(accept: string): boolean {
  const weights = new Map(accept.split(",").flatMap(entryOf));
  const weight = (type: string) => weights.get(type) ?? weights.get("text/*") ?? weights.get("*/*") ?? 0;
  return weight("text/html") > weight("text/plain");
}

function entryOf(entry: string): [type: string, weight: number][] {
  const [type = "", ...parameters] = entry.split(";").map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2) ?? "1";
  return WEIGHT.test(weight) ? [[type, Number(weight)]] : [];
}
