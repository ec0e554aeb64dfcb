// What a message may call: methods that the object has itself, and far functions.
import { METHOD_BYTES_MAX } from "./limits";

/** Calls a method that the object has itself: what all objects inherit is no message. `undefined` calls a function. */
export function call(receiver: object, method: unknown, args: unknown): unknown {
  if (!Array.isArray(args)) throw TypeError("a message is [method, args]");
  if (method === undefined && typeof receiver === "function") return Reflect.apply(receiver, undefined, args);
  const found = typeof method === "string" || typeof method === "symbol" ? methodOf(receiver, method) : undefined;
  if (typeof found !== "function") throw TypeError(`the target has no method ${nameOf(method)}`);
  return Reflect.apply(found, receiver, args);
}

const nameOf = (method: unknown): string =>
  typeof method === "string" ? JSON.stringify(method.slice(0, METHOD_BYTES_MAX)) : String(method);

function methodOf(receiver: object, method: string | symbol): unknown {
  let layer: object | null = receiver;
  while (layer !== null && layer !== Object.prototype && layer !== Function.prototype) {
    if (Object.hasOwn(layer, method)) return Reflect.get(layer, method, receiver);
    layer = Reflect.getPrototypeOf(layer);
  }
  return undefined;
}
