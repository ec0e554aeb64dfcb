// Values to CapData and back: smallcaps by @endo/marshal, with the vat's tables for the slots. An attempt that fails leaves no names behind.
import harden from "@endo/harden";
import { makeMarshal } from "@endo/marshal";
import { passStyleOf } from "@endo/pass-style";
import type { CapData } from "../../kernel";
import type { Imports } from "./imports";
import { BODY_BYTES_MAX, bytesOf, NESTING_MAX, nestingOf, refuseBeyond, SLOTS_MAX } from "./limits";
import type { Names } from "./names";

/** Both ways for what is passed to others, and for what the vat keeps for itself. */
export interface Codec {
  /** CapData for others. Objects and promises without a vref get one. */
  encode(value: unknown): CapData;
  /** The same for a reason to reject with: what cannot be passed is told as an error. */
  encodeReason(reason: unknown): CapData;
  /** CapData for the vat's store: data, imports and the root alone. */
  encodeKept(value: unknown): CapData;
  /** Throws for what is no CapData, and for slots that do not fit the body. */
  decode(data: CapData): unknown;
}

/** `remotable`, `promise`, `copyRecord` and so on; throws for what cannot be passed. */
export const styleOf: (value: unknown) => string = passStyleOf;

const OPTIONS = { serializeBodyFormat: "smallcaps", errorTagging: "off", marshalSaveError() {} } as const;

/** `exported` is told each promise that got its vref by an `encode` that succeeded. */
export function makeCodec(
  names: Names,
  imports: Imports,
  exported: (vref: string, promise: Promise<unknown>) => void,
): Codec {
  let fresh: [vref: string, value: object][] = [];

  const importOf = (value: object): string | undefined => {
    const presence = imports.presenceOf(value);
    if (presence?.dead) throw Error(`an import that was ${presence.dead} cannot be passed`);
    return presence?.vref;
  };
  const slotOf = (value: object): string => {
    const known = names.vrefOf(value) ?? importOf(value);
    if (known !== undefined) return known;
    const vref = names.next(styleOf(value) === "promise" ? "p" : "o");
    names.add(vref, value);
    fresh.push([vref, value]);
    return vref;
  };
  const keptSlotOf = (value: object): string => {
    const known = importOf(value);
    if (known !== undefined) return known;
    if (names.vrefOf(value) === "o+0") return "o+0";
    const what = styleOf(value) === "promise" ? "a promise" : "an object of this heap";
    throw TypeError(`baggage holds data, imports and the root; ${what} would not outlive a restart`);
  };
  const objectOf = (vref: string | undefined, iface: string | undefined): object => {
    const value = vref?.startsWith("o-") ? imports.valueOf(vref, iface) : vref && names.valueOf(vref);
    if (!value) throw TypeError("a slot that is not there");
    return value;
  };

  const passed = makeMarshal<string>(slotOf, objectOf, OPTIONS);
  const kept = makeMarshal<string>(keptSlotOf, objectOf, OPTIONS);

  const encode = (value: unknown): CapData => {
    fresh = [];
    try {
      const data = checked(passed.toCapData(harden(value) as never));
      for (const [vref, object] of fresh) if (vref.startsWith("p")) exported(vref, object as Promise<unknown>);
      return data;
    } catch (error) {
      for (const [vref] of fresh) names.retire(vref);
      throw error;
    }
  };
  const encodeReason = (reason: unknown): CapData => {
    try {
      return encode(reason);
    } catch (error) {
      return encode(Error(`a reason that cannot be passed: ${textOf(error)}`));
    }
  };
  return {
    encode,
    encodeReason,
    encodeKept: (value) => checked(kept.toCapData(harden(value) as never)),
    decode: (data) => passed.fromCapData(nested(data) as { body: string; slots: string[] }),
  };
}

function checked({ body, slots }: { body: string; slots: readonly string[] }): CapData {
  refuseBeyond(SLOTS_MAX, slots.length, "references in one message");
  // no body has more bytes than three for each of its letters
  if (body.length * 3 > BODY_BYTES_MAX) refuseBeyond(BODY_BYTES_MAX, bytesOf(body), "bytes of one message");
  return nested({ body, slots });
}

function nested(data: CapData): CapData {
  if (data.body.length > NESTING_MAX) refuseBeyond(NESTING_MAX, nestingOf(data.body), "levels of one message");
  return data;
}

const REASON_LENGTH = 300;

/** A short text for whatever was thrown. */
export function textOf(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : thrown).slice(0, REASON_LENGTH);
  } catch {
    return "something that has no text";
  }
}
