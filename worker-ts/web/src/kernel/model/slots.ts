// Numbered places: who has one keeps it, who goes frees it, who comes takes the lowest free one. The reason why nothing jumps.

/** Place by id. */
export type Slots = ReadonlyMap<string, number>;

/** The places of `ids`, in which each that had one before has it still. */
export function assign(ids: readonly string[], before: Slots = new Map()): Slots {
  const slots = new Map<string, number>();
  for (const id of ids) {
    const kept = before.get(id);
    if (kept !== undefined) slots.set(id, kept);
  }
  const taken = new Set(slots.values());
  let free = 0;
  for (const id of ids) {
    if (slots.has(id)) continue;
    while (taken.has(free)) free += 1;
    taken.add(free);
    slots.set(id, free);
  }
  return slots;
}

/** How many places there must be for all of them. */
export const reach = (slots: Slots): number => Math.max(0, ...[...slots.values()].map((slot) => slot + 1));
