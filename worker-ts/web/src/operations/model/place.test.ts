// OP18: where one is on the page and its address say the same, and nothing else gets in by the address.
import { describe, expect, it } from "vitest";
import { addressOf, openAt, opened, PARTS, type Place, placeOf, shut } from "./place";

describe("a place", () => {
  it("OP18 has an address that leads back to it", () => {
    const places: Place[] = [
      { at: "now" },
      ...PARTS.map((at) => ({ at })),
      { at: "rooms", only: "refused:rate_limited", room: "lobby" },
      { at: "letters", queue: "ferrule-archive", of: "a-room", letter: "1 & 2" },
      { at: "users", q: "Ünal?", user: "u=1" },
    ];
    for (const place of places) expect(placeOf(addressOf(place).slice(1))).toEqual(place);
    expect(addressOf({ at: "now" })).toBe("?");
    expect(addressOf({ at: "rooms", only: "", room: "" })).toBe("?at=rooms");
  });

  it("OP18 is the first part where the address names none of ours, and holds nothing that is too long", () => {
    expect(placeOf("?at=elsewhere&x=1")).toEqual({ at: "now" });
    expect(placeOf("?at=constructor&room=")).toEqual({ at: "now" });
    expect(placeOf(`?at=rooms&room=${"x".repeat(257)}`)).toEqual({ at: "rooms" });
    expect(placeOf(`?at=rooms&room=${"x".repeat(256)}`).room).toHaveLength(256);
  });

  it("OP18 is shut, and knows what is open in it", () => {
    expect(openAt({ at: "rooms", room: "a" })).toBe("room a");
    expect(openAt({ at: "letters", letter: "a" })).toBe("letter a");
    expect(openAt({ at: "users", user: "a" })).toBe("user a");
    expect(shut({ at: "rooms", only: "lag", room: "a" })).toEqual({ at: "rooms", only: "lag" });
    expect(openAt(shut({ at: "users", user: "a" }))).toBeUndefined();
    expect(opened({ at: "slow", room: "a" }, { user: "b" })).toEqual({ at: "slow", user: "b" });
  });
});
