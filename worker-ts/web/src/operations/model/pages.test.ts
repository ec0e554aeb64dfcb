// OP31: a list of several pages that grows and shrinks at its beginning loses no row and shows none twice.
import { describe, expect, it } from "vitest";
import { each, pushedOff } from "./pages";

const rows = (text: string) => [...text].map((id) => ({ id }));
const ids = (some: readonly { readonly id: string }[] | null) => some?.map(({ id }) => id).join("") ?? null;
const off = (before: string, after: string, more = true) => ids(pushedOff(rows(before), rows(after), more));

describe("a list in pages", () => {
  it("OP31 keeps what newer rows push off its first page", () => {
    expect(off("dcba", "dcba")).toBe("");
    expect(off("dcba", "fedc")).toBe("ba");
    expect(off("dcba", "gfed")).toBe("cba");
    // b was taken away meanwhile, or pushed off: its page still has it, and the next repair looks anew
    expect(off("dcba", "edca")).toBe("");
  });

  it("OP31 does not bring back what is gone", () => {
    // the page was filled up from behind
    expect(off("dcba", "dba9")).toBe("");
    expect(off("dcba", "ba98")).toBe("");
    // the list ends on the page
    expect(off("dcba", "dc", false)).toBe("");
    expect(off("", "dcba")).toBe("");
  });

  it("OP31 says when nobody knows what stands between", () => {
    expect(off("dcba", "9876")).toBeNull();
    expect(off("dcba", "")).toBeNull();
  });

  it("OP31 shows each row once, as it was told first", () => {
    const told = [...rows("abc"), { id: "b", again: true }, ...rows("cd")];
    expect(each(told)).toEqual(rows("abcd"));
  });
});
