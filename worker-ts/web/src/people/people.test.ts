// The list of people: its order, its words.
import { expect, it } from "vitest";
import type { Present } from "../../../src/client";
import { countPeople, crowdLabel, nameList, sortPeople } from "./people";

const present = (name: string, away = false): Present => ({
  person: { ref: 1, id: name, name, guest: false, bot: false, gone: false },
  connections: 1,
  away,
});

it("shows the user first, then who is here, then who is away, by name", () => {
  const people = ["Cleo", "Ada", "Bob"].map((name) => present(name)).concat(present("Abe", true));
  expect(sortPeople(people, "Cleo").map(({ person }) => person.name)).toEqual(["Cleo", "Ada", "Bob", "Abe"]);
  expect(sortPeople(people, undefined).map(({ person }) => person.name)).toEqual(["Ada", "Bob", "Cleo", "Abe"]);
});

it("counts by the room's totals, which it tells also when it gives no list", () => {
  expect(countPeople([], undefined)).toBeUndefined();
  expect(countPeople([present("Ada")], undefined)).toBe(1);
  expect(countPeople([], { connections: 900, people: 700, listed: false })).toBe(700);
});

it("names a few and counts the rest", () => {
  expect(nameList([], 3)).toBe("");
  expect(nameList(["Ada"], 3)).toBe("Ada");
  expect(nameList(["Ada", "Bob"], 3)).toBe("Ada and Bob");
  expect(nameList(["Ada", "Bob", "Cleo"], 3)).toBe("Ada, Bob and Cleo");
  expect(nameList(["Ada", "Bob", "Cleo", "Dan"], 3)).toBe("Ada, Bob and 2 more");
});

it("tells how large a crowd is", () => {
  expect(crowdLabel({ connections: 3, people: 3, listed: false })).toBe("3 people");
  expect(crowdLabel({ connections: 2, people: 1, listed: false })).toBe("1 person on 2 connections");
});
