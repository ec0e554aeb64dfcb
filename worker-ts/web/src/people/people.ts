// Who is in the room, in the order shown, and how their number reads. Pure.
import type { Crowd, Present } from "../../../src/client";
import { plural } from "../text/format";

/** The user first, then who is here, then who is away, each by name. */
export function sortPeople(people: readonly Present[], selfId: string | undefined): readonly Present[] {
  const rank = (one: Present) => (one.person.id === selfId ? 0 : one.away ? 2 : 1);
  return [...people].sort((a, b) => rank(a) - rank(b) || a.person.name.localeCompare(b.person.name));
}

/** How many people there are, listed or not; undefined before the room has told. */
export function countPeople(people: readonly Present[], crowd: Crowd | undefined): number | undefined {
  return crowd?.people ?? (people.length > 0 ? people.length : undefined);
}

/** "Ada", "Ada and Bob", "Ada, Bob and 3 more": at most `most` names. */
export function nameList(names: readonly string[], most: number): string {
  if (names.length <= 1) return names[0] ?? "";
  if (names.length <= most) return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
  return `${names.slice(0, most - 1).join(", ")} and ${names.length - most + 1} more`;
}

/** What stands in the place of a list that is too long: "5,210 people on 5,400 connections". */
export function crowdLabel(crowd: Crowd): string {
  const people = `${crowd.people.toLocaleString()} ${crowd.people === 1 ? "person" : "people"}`;
  if (crowd.connections === crowd.people) return people;
  return `${people} on ${plural(crowd.connections, "connection").replace(/^\d+/u, crowd.connections.toLocaleString())}`;
}
