// The world that a bundle sees: the language as SES leaves it, and these globals. No clock, no randomness, no network, no import. All of
// it is frozen, because it outlives an incarnation.
import harden from "@endo/harden";

const LINES_MAX = 100;
const LINE_LENGTH_MAX = 1_000;
/** What would begin a line that looks like another vat's, or tell a terminal what to do. */
const CONTROL = /[\p{Cc}\u2028\u2029]/gu;

/** The vat's console, and its switch. */
export interface VatConsole {
  readonly console: Record<string, (...words: unknown[]) => void>;
  /** From now on lines are told, or not: a replay repeats what was told. */
  begin(label: string, told: boolean): void;
}

/** `tell` is the isolate's own console. */
export function makeVatConsole(
  tell: (level: "log" | "info" | "warn" | "error" | "debug", line: string) => void,
): VatConsole {
  let left = 0;
  let label = "";
  const level = (name: "log" | "info" | "warn" | "error" | "debug") =>
    function say(...words: unknown[]): void {
      // read in a replay as well: the vat's own toString may be called
      const line = words.map(textOf).join(" ");
      if (left <= 0) return;
      left -= 1;
      tell(name, `${label}: ${line.slice(0, LINE_LENGTH_MAX).replace(CONTROL, " ")}`);
    };
  const levels = ["log", "info", "warn", "error", "debug"] as const;
  return {
    console: Object.fromEntries(levels.map((name) => [name, level(name)])),
    begin(of, told) {
      label = of;
      left = told ? LINES_MAX : 0;
    },
  };
}

function textOf(word: unknown): string {
  try {
    if (typeof word === "string") return word;
    if (word instanceof Error) return `${word.name}: ${word.message}`;
    return typeof word === "object" && word !== null ? (JSON.stringify(word) ?? "") : String(word);
  } catch {
    return "something that has no text";
  }
}

const base64 = (code: (text: string) => string, refusal: string) => (given: unknown) => {
  const text = `${given}`;
  try {
    return code(text);
  } catch {
    throw TypeError(refusal);
  }
};

/** The isolate's own refuse a compartment's global as `this`, and throw what has a prototype that nobody has frozen. */
const BASE64 = {
  atob: base64((text) => atob(text), "atob: this is not base64"),
  btoa: base64((text) => btoa(text), "btoa: a letter beyond U+00FF"),
};

/** Evaluates a bundle's text to a function that makes its exports afresh each time it is called. Throws what SES refuses. */
export function evaluateBundle(
  bundle: string,
  console: VatConsole["console"],
): () => { buildRootObject?: unknown } | undefined {
  for (const names of ["entries", "keys", "values"] as const)
    harden(Object.getPrototypeOf(new URLSearchParams()[names]()));
  const codecs = { TextEncoder, TextDecoder, URL, URLSearchParams, ...BASE64 };
  const compartment = new Compartment({
    __options__: true,
    globals: harden({ HandledPromise, assert, console, ...codecs }),
  });
  // as a function's body: text that ended it and went on would run once, not once in each incarnation
  const factory = new compartment.globalThis.Function(`${bundle}\n; return __vatExports__;`);
  harden(compartment.globalThis);
  return factory;
}
