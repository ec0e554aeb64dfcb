// Names of files: what a hostile one becomes, and how a name stands in a header. Text only.
import { FILE_NAME_BYTES_MAX } from "./fact";

/** Most characters of a name as it is sent; what is left of it is cut to FILE_NAME_BYTES_MAX bytes. */
export const SENT_NAME_MAX = 1_024;

const NAMELESS = "file";

/**
 * Controls, separators of lines, halves of characters, private use, and what is not seen: among it the marks that turn "gpj.exe"
 * around. Joiners and emoji's selectors stay, which scripts and emoji need.
 */
const UNSEEN =
  /(?!\u200c|\u200d|\ufe0e|\ufe0f)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** Marks above the fourth on one character: they cover what stands around it. */
const PILED = /(?<=\p{M}{4})\p{M}+/gu;

/** The longest ending that is kept when a name is cut. */
const ENDING = /\.[\p{L}\p{N}_-]{1,16}$/u;

/** A name that can stand in a list and on a disk: the last part of a path, without what nobody sees, cut before its ending. */
export function cleanFileName(sent: string): string {
  const seen = sent.normalize("NFC").replaceAll(UNSEEN, "").replaceAll(PILED, "");
  const last = seen.split(/[/\\]/).at(-1) ?? "";
  // a leading dot hides a file, one at the end is no ending on Windows
  const name = last
    .replaceAll(/\s+/g, " ")
    .replace(/^[. ]+/, "")
    .replace(/[. ]+$/, "");
  if (!/[\p{L}\p{N}\p{P}\p{S}]/u.test(name)) return NAMELESS;
  const ending = ENDING.exec(name)?.[0] ?? "";
  const stem = name.slice(0, name.length - ending.length);
  return cut(stem, FILE_NAME_BYTES_MAX - bytesOf(ending)) + ending;
}

const utf8 = new TextEncoder();
const bytesOf = (text: string) => utf8.encode(text).length;

/** As many whole characters, as people count them, as fit. */
function cut(text: string, bytesMax: number): string {
  if (bytesOf(text) <= bytesMax) return text;
  let kept = "";
  let bytes = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    bytes += bytesOf(segment);
    if (bytes > bytesMax) break;
    kept += segment;
  }
  return kept;
}

/**
 * `Content-Disposition` (RFC 6266): the name in plain letters for old programs, and as it is by RFC 8187. No name, whatever is in
 * it, can end the header or begin another.
 */
export function contentDisposition(type: "inline" | "attachment", name: string): string {
  const plain = name.replaceAll(/[^ -~]|["\\%]/gu, "_");
  const whole = encodeURIComponent(name.replaceAll(/\p{Cs}/gu, "_")).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${type}; filename="${plain}"; filename*=UTF-8''${whole}`;
}
