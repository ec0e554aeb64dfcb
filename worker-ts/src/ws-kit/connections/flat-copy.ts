// A copy of a plain object of primitive values, against which one look tells whether anything was changed since. Most connection data is
// such an object; all else is taken for changed.

/** The own fields, in their order. */
export interface FlatCopy {
  readonly keys: readonly string[];
  readonly values: readonly unknown[];
}

/** Undefined for what is not an object of primitive values: something could change inside of it unseen. */
export function copyFlat(value: unknown): FlatCopy | undefined {
  if (!isPlain(value)) return undefined;
  const keys = Object.keys(value);
  const values = keys.map((key) => value[key]);
  return values.every(isPrimitive) ? { keys, values } : undefined;
}

/** Whether `value` has the copied fields with the copied values in the copied order, and no others. */
export function isFlatCopyOf(copy: FlatCopy, value: unknown): boolean {
  if (!isPlain(value)) return false;
  let index = 0;
  for (const key in value) {
    if (key !== copy.keys[index] || !Object.is(value[key], copy.values[index])) return false;
    index++;
  }
  return index === copy.keys.length;
}

/** Made by braces, or without a prototype. A Map or a Date keeps its state where fields do not show it. */
function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** What can be stored and cannot change: no function, no symbol, no object. */
function isPrimitive(value: unknown): boolean {
  switch (typeof value) {
    case "object":
      return value === null;
    case "function":
    case "symbol":
      return false;
    default:
      return true;
  }
}
