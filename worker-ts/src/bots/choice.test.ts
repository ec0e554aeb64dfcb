// The proof of a choice: good for one hook, one choice and one name, by this house's secret alone.
import { expect, it } from "vitest";
import type { Bindings } from "../platform";
import { chosenBy, isChosen } from "./choice";

const house = (secret: string) => ({ BETTER_AUTH_SECRET: secret }) as Bindings;
const [ours, others] = [house("a secret of this house, long enough"), house("a secret of another house, as long")];
const TOKEN = "choice:lobby:wrun_1";

it("WC4 a proof holds for what was chosen, and for nothing else", async () => {
  const chosen = await chosenBy(ours, TOKEN, "approve", "Ben");
  expect(chosen).toMatchObject({ choice: "approve", name: "Ben" });
  expect(await isChosen(ours, TOKEN, chosen)).toBe(true);
  expect(await isChosen(ours, "choice:lobby:wrun_2", chosen)).toBe(false);
  expect(await isChosen(ours, TOKEN, { ...chosen, choice: "reject" })).toBe(false);
  expect(await isChosen(ours, TOKEN, { ...chosen, name: "Eve" })).toBe(false);
  expect(await isChosen(others, TOKEN, chosen)).toBe(false);
  // no two of these are written alike
  const shifted = await chosenBy(ours, `${TOKEN}","approve`, "done", "Ben");
  expect(await isChosen(ours, TOKEN, { ...shifted, choice: "approve" })).toBe(false);
});

it("WC4 what somebody made up is no proof, and no fault either", async () => {
  for (const proof of ["", "AAAA", "not base64!", "A".repeat(100_000), 5, null, undefined, {}, ["AAAA"]])
    expect(await isChosen(ours, TOKEN, { choice: "approve", name: "Ben", proof } as never)).toBe(false);
});
