// `.dev.vars`: the local secrets, made once from `.dev.vars.example`; what stands there already is never changed.
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../run.mjs";

const file = join(root, ".dev.vars");
const LINE = /^([A-Z][A-Z0-9_]*)\s*=\s*(.*)$/;

/** Reads KEY=VALUE lines; quotes around a value are dropped. */
export function parseVars(text) {
  const found = text.split("\n").map((line) => LINE.exec(line.trim()));
  return Object.fromEntries(
    found.filter((m) => m !== null).map(([, key, value]) => [key, value.replace(/^"(.*)"$/, "$1")]),
  );
}

/** Every line of the example with its own comment; a value of `<random>` becomes 32 random bytes, known keys keep their value. */
export function completeVars(example, present, random = () => randomBytes(32).toString("base64url")) {
  const known = parseVars(present);
  const missing = example.split("\n").filter((line) => {
    const key = LINE.exec(line.trim())?.[1];
    return key !== undefined && !(key in known);
  });
  if (present === "") return example.replaceAll("<random>", () => random());
  if (missing.length === 0) return present;
  return `${present.trimEnd()}\n${missing.join("\n").replaceAll("<random>", () => random())}\n`;
}

/** Writes `.dev.vars`, readable by its owner alone. */
export function provideSecrets() {
  const present = existsSync(file) ? readFileSync(file, "utf8") : "";
  const text = completeVars(readFileSync(join(root, ".dev.vars.example"), "utf8"), present);
  if (text !== present) writeFileSync(file, text, { mode: 0o600 });
}

/** The local secrets as an object. */
export const readSecrets = () => parseVars(readFileSync(file, "utf8"));
