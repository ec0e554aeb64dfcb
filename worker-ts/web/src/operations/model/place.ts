// Where one is on the page, as its address says: a part, what of it is shown, and what is open beside it. Pure.

/** The parts of the page. */
export const PARTS = [
  "now",
  "rooms",
  "slow",
  "letters",
  "runs",
  "users",
  "chores",
  "files",
  "kernels",
  "audit",
] as const;
export type Part = (typeof PARTS)[number];

/** Their names. */
export const PART_NAMES: Readonly<Record<Part, string>> = {
  now: "Now",
  rooms: "Rooms",
  slow: "Slow consumers",
  letters: "Dead letters",
  runs: "Runs",
  users: "Users",
  chores: "Chores",
  files: "Files",
  kernels: "Kernels",
  audit: "Audit",
};

/** What may stand in the address beside the part. */
const FIELDS = ["only", "queue", "of", "q", "room", "letter", "user"] as const;
type Field = (typeof FIELDS)[number];

/**
 * A place. `only` is which rooms, `queue` and `of` (a room) which letters or entries, `q` what is looked for; `room`, `letter` or `user` is
 * open.
 */
export type Place = { readonly at: Part } & { readonly [K in Field]?: string };

/** Longer than anything that is looked for. */
const FIELD_MAX = 256;

/** The place that a query names; what is none of ours is left out. */
export function placeOf(search: string): Place {
  const query = new URLSearchParams(search);
  const at = PARTS.find((part) => part === query.get("at")) ?? "now";
  const given = FIELDS.map((field) => [field, query.get(field)] as const).filter(
    ([, value]) => value !== null && value !== "" && value.length <= FIELD_MAX,
  );
  return { at, ...Object.fromEntries(given) };
}

/** The query of a place. */
export function addressOf(place: Place): string {
  const query = new URLSearchParams(place.at === "now" ? {} : { at: place.at });
  for (const field of FIELDS) {
    const value = place[field];
    if (value !== undefined && value !== "") query.set(field, value);
  }
  return query.size === 0 ? "?" : `?${query}`;
}

/** The same place with nothing open beside it. */
export function shut({ room: _, letter: __, user: ___, ...place }: Place): Place {
  return place;
}

/** The same place with this open beside it, and nothing else. */
export const opened = (place: Place, what: Pick<Place, "room" | "letter" | "user">): Place => ({
  ...shut(place),
  ...what,
});

/** What is open at a place, as one word: another one is another panel. */
export function openAt({ room, letter, user }: Place): string | undefined {
  if (room !== undefined) return `room ${room}`;
  if (letter !== undefined) return `letter ${letter}`;
  return user === undefined ? undefined : `user ${user}`;
}
