// What one vat may hold and say, as the kernel's core has it (rust/kernel/src/limit.rs). Here they become errors that the vat's own
// code can meet; past them the core would end the vat.

/** Bytes of one CapData body. */
export const BODY_BYTES_MAX = 256 << 10;
/** Slots of one CapData. */
export const SLOTS_MAX = 256;
/** Brackets within brackets in one body: far below what a stack holds, whose depth no replay could repeat. */
export const NESTING_MAX = 200;
/** Bytes of a method's name. */
export const METHOD_BYTES_MAX = 128;
/** Bytes of a key of a vat's store. */
export const VATSTORE_KEY_BYTES_MAX = 512;
/** Bytes of a value of a vat's store. */
export const VATSTORE_VALUE_BYTES_MAX = 256 << 10;
/** Bytes of a vat's store, keys and values. */
export const VATSTORE_BYTES_MAX = 8 << 20;

/** Bytes of a well-formed text in UTF-8. */
export function bytesOf(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    // a surrogate is half of four bytes
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
}

/** Throws the error that names a limit. */
export function refuseBeyond(limit: number, found: number, what: string): void {
  if (found > limit) throw RangeError(`[KERNEL:LIMIT_EXCEEDED] ${what}: ${found} of ${limit}`);
}

/** The most brackets within brackets in a JSON text; those in strings do not count. */
export function nestingOf(json: string): number {
  let depth = 0;
  let deepest = 0;
  let quoted = false;
  for (let i = 0; i < json.length; i += 1) {
    const letter = json[i];
    if (quoted) {
      if (letter === "\\") i += 1;
      else if (letter === '"') quoted = false;
    } else if (letter === '"') quoted = true;
    else if (letter === "[" || letter === "{") deepest = Math.max(deepest, ++depth);
    else if (letter === "]" || letter === "}") depth -= 1;
  }
  return deepest;
}
