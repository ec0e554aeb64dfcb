// What a field's number means, in words. Each teller gives the note, or a fault for a value that is none.
import { ERROR_CODE, type ReasonName } from "@ferrule/core";

/** What is said of a value. */
export interface Told {
  readonly note: string;
  readonly fault?: ReasonName;
}
export type Teller = (value: number) => Told;

/** The last instant that a Date can name; the wire's numbers go on a little. */
const DATE_MS_MAX = 8.64e15;

export const plain: Teller = () => ({ note: "" });

/** Milliseconds since 1970; 0 = `zero`. */
export const time =
  (zero = "not given"): Teller =>
  (ms) => ({ note: ms === 0 ? zero : ms > DATE_MS_MAX ? "after the last date" : new Date(ms).toISOString() });

/** A length of time. */
export const span =
  (zero: string): Teller =>
  (ms) => ({ note: ms === 0 ? zero : ms < 1000 ? `${ms} ms` : `${ms / 1000} s` });

/** A count of bytes. */
export const size: Teller = (bytes) => ({
  note: bytes < 1024 ? "bytes" : `${Math.round((bytes / 1024) * 10) / 10} KiB`,
});

/** Zero has a meaning of its own. */
export const zeroIs =
  (meaning: string): Teller =>
  (value) => ({ note: value === 0 ? meaning : "" });

/** One of a list that is closed: any other value is against the layout. */
export function oneOf(names: Readonly<Record<string, number>>, allowed?: readonly number[]): Teller {
  const known = named(names);
  return (value) => {
    const note = known(value).note;
    const wrong = note === "" || (allowed !== undefined && !allowed.includes(value));
    return wrong ? { note: note || "no such value", fault: "bad_body" } : { note };
  };
}

/** One of a list that is open: unknown values are accepted. */
export function named(names: Readonly<Record<string, number>>): Teller {
  const byValue = new Map(Object.entries(names).map(([name, value]) => [value, name]));
  return (value) => ({ note: byValue.get(value) ?? "" });
}

/** A set of bits; unknown ones are ignored by readers. */
export function bits(names: Readonly<Record<string, number>>): Teller {
  return (value) => {
    const set = Object.entries(names).flatMap(([name, bit]) => ((value & bit) === 0 ? [] : [name]));
    return { note: set.length === 0 ? "none" : set.join(" + ") };
  };
}

/** At least, at most. */
export const between =
  (least: number, most: number): Teller =>
  (value) =>
    value < least ? { note: `at least ${least}`, fault: "bad_body" } : value > most ? over(most) : { note: "" };

/** More than a limit allows. */
export const over = (most: number): Told => ({ note: `at most ${most}`, fault: "over_limit" });

/** The name of an ERROR code, else its number. */
export const errorCode = named(ERROR_CODE);
