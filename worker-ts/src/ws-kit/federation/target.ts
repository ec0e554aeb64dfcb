// What may be named as a target, and how its stub is found: late, so that a bad name is that target's failure, and anew for each attempt.
import type { DurableIdLike, DurableNamespaceLike } from "../platform";

/** A Durable Object: by name, by id, or a stub of it. */
export type Target<S> = string | DurableIdLike | S;

/** One target, ready to be called. */
export interface Resolved<S> {
  readonly name: string;
  /** Same key, same object, as far as it can be told without a call. */
  readonly key: unknown;
  /** Set when it is the caller itself. */
  readonly self: { run(): Promise<unknown> } | undefined;
  /** The stub for an attempt. A fresh one each time: a stub stays dead when its object was reset. Throws for a name that is none. */
  stub(attempt: number): S;
}

interface Self {
  readonly id: DurableIdLike;
  run(): Promise<unknown>;
}

/** A stub by name. `getByName` saves making an id where the platform has it. */
export function stubByName<S>(namespace: DurableNamespaceLike<S>, name: string): S {
  if (namespace.getByName) return namespace.getByName(name);
  return namespace.get(namespace.idFromName(name));
}

/** Targets in order, each object once; names and ids of one object are the same only where it is the caller itself. */
export function distinctTargets<S>(
  namespace: DurableNamespaceLike<S>,
  targets: readonly Target<S>[],
  self: Self | undefined,
): Resolved<S>[] {
  const known = new Map<unknown, Resolved<S>>();
  for (const [index, target] of targets.entries()) {
    const item = resolve(namespace, target, index, self);
    if (!known.has(item.key)) known.set(item.key, item);
  }
  return [...known.values()];
}

function resolve<S>(
  namespace: DurableNamespaceLike<S>,
  target: Target<S>,
  index: number,
  self: Self | undefined,
): Resolved<S> {
  const own = self && isSelf(namespace, target, self.id) ? self : undefined;
  if (typeof target === "string")
    return { name: target, key: own ?? `n:${target}`, self: own, stub: () => stubByName(namespace, target) };
  if (isId(target)) {
    const text = target.toString();
    return { name: target.name ?? text, key: own ?? `i:${text}`, self: own, stub: () => namespace.get(target) };
  }
  const id = idOf(target);
  const stub = (attempt: number) => (attempt > 1 && id ? namespace.get(id) : target);
  const name = id ? (id.name ?? id.toString()) : `#${index}`;
  return { name, key: own ?? (id ? `i:${id}` : target), self: own, stub };
}

function isSelf<S>(namespace: DurableNamespaceLike<S>, target: Target<S>, id: DurableIdLike): boolean {
  try {
    const other = typeof target === "string" ? namespace.idFromName(target) : isId(target) ? target : idOf(target);
    return other?.equals(id) ?? false;
  } catch {
    return false; // a name that is none fails when its turn comes
  }
}

/** Ids and stubs both answer to any name of a method, for a stub is a proxy; but every stub has `fetch`, and no id has. */
function isId(target: unknown): target is DurableIdLike {
  const { equals, fetch } = (target ?? {}) as { equals?: unknown; fetch?: unknown };
  return typeof equals === "function" && fetch === undefined;
}

function idOf(stub: unknown): DurableIdLike | undefined {
  const { id } = (stub ?? {}) as { id?: unknown };
  return isId(id) ? id : undefined;
}
