// The header `ferrule-admission`: how the Worker tells a room who a socket belongs to. Written by the Worker alone, on a
// request that it makes itself. No import but the shape: the object is published, and this goes with it.
import type { Admission } from "./operation";

/** The header's name. A client's own is never passed on. */
export const ADMISSION_HEADER = "ferrule-admission";

/** The admission as a header value: base64url without padding of its JSON, because names are not ASCII and headers are. */
export function encodeAdmission(admission: Admission): string {
  const ascii = JSON.stringify(admission).replaceAll(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return btoa(ascii).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The admission of a header value that encodeAdmission made; null for none and for what is not even JSON. */
export function decodeAdmission(header: string | null): Admission | null {
  if (header === null) return null;
  try {
    return JSON.parse(atob(header.replaceAll("-", "+").replaceAll("_", "/"))) as Admission;
  } catch {
    return null;
  }
}
