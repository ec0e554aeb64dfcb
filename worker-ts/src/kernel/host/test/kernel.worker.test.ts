// The suite in workerd: on D1, and inside a kernel's Durable Object on its SQLite.
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { makeD1KernelStore } from "../../store/d1";
import { makeDurableKernelStore } from "../../store/durable";
import { lifeSuite, messageSuite, type Place } from "./suite";

let last = 0;

const d1: Place = (body) => {
  last += 1;
  const name = `d1-${last}`;
  return body(() => makeD1KernelStore(env.DB, name));
};

// the place in which a suite runs may be asked for once more inside a test: an object's events must not wait for another object's
let inside: DurableObjectState | null = null;

const durable: Place = (body) => {
  last += 1;
  const name = `do-${last}`;
  if (inside !== null) return body(() => makeDurableKernelStore(inside!.storage, name));
  return runInDurableObject(env.KERNEL.getByName(name), async (_object, state) => {
    inside = state;
    try {
      return await body(() => makeDurableKernelStore(state.storage, name));
    } finally {
      inside = null;
    }
  });
};

messageSuite("D1", d1);
lifeSuite("D1", d1);
messageSuite("a Durable Object", durable);
lifeSuite("a Durable Object", durable);
