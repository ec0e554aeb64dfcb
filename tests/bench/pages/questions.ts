// What each page is asked, and what makes its answer right. The counter's numbers are kept: in the end none may be missing.
import type { Contestant, Page } from "./contestants.ts";
import type { Question } from "./load.ts";

const NAME = `<script>alert("O'Hara & sons")</script>`;
const NAME_ESCAPED = "&lt;script&gt;alert(&quot;O&#x27;Hara &amp; sons&quot;)&lt;/script&gt;";
/** About a kilobyte of text, as somebody might write it. */
const MESSAGE = "The quick brown fox — 敏捷的棕色狐狸 — jumps over 13 lazy dogs & runs.\r\n".repeat(12);
const FORM = new URLSearchParams({ name: NAME, message: MESSAGE }).toString();

/** A page of a contestant under load. */
export interface Asked {
  readonly question: Question;
  /** Throws when an answer was given twice or is missing. Called when nobody asks any more. */
  readonly finish: () => void;
}

const nothing = (): void => {};

function counter(where: Pick<Question, "port" | "path">): Asked {
  const seen = new Set<number>();
  let first = Number.POSITIVE_INFINITY;
  let last = 0;
  const check = (body: string): void => {
    const count = Number(/^count=(\d+)\s*$/.exec(body)?.[1]);
    if (!(count > 0)) throw new Error(`no count: ${body.slice(0, 200)}`);
    if (seen.has(count)) throw new Error(`${where.path} told ${count} twice`);
    seen.add(count);
    first = Math.min(first, count);
    last = Math.max(last, count);
  };
  const finish = (): void => {
    if (last - first + 1 !== seen.size)
      throw new Error(`${where.path}: ${seen.size} answers, but the row went from ${first} to ${last}`);
  };
  return { question: { ...where, check }, finish };
}

/** What the page of this contestant is asked. */
export function ofPage(page: Page, { port, pathOf }: Contestant): Asked {
  const where = { port, path: pathOf(page) };
  if (page === "counter") return counter(where);
  const must = page === "hello" ? "Hello" : NAME_ESCAPED;
  const check = (body: string): void => {
    if (!body.includes(must)) throw new Error(`${where.path} answered without ${must}: ${body.slice(0, 200)}`);
  };
  return { question: { ...where, ...(page === "form" ? { form: FORM } : {}), check }, finish: nothing };
}
