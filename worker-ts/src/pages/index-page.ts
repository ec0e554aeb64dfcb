// The index as HTML: cards with links, by group. What there is to link is handed in.
import { escapeHtml, htmlPage } from "./html";

/** One card of the index. */
export interface PageLink {
  /** Heading over the card and its neighbours. */
  readonly group: string;
  readonly title: string;
  readonly href: string;
  /** One line that says what is there. */
  readonly line: string;
  /** Why it is not there now: the card says so and leads nowhere. */
  readonly off?: string | undefined;
}

const STYLE = `main { max-width: 64rem; }
h2 { margin: 2rem 0 0.75rem; font-size: 1.125rem; }
ul { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr)); gap: 0.75rem; margin: 0; padding: 0; list-style: none; }
li { position: relative; padding: 0.875rem 1rem; border: 1px solid var(--line); border-radius: 10px; background: var(--raised); }
li:has(a):hover { border-color: var(--accent); }
li p { margin: 0.25rem 0 0; color: var(--soft); overflow-wrap: anywhere; }
li a { font-weight: 550; }
li a::after { content: ""; position: absolute; inset: 0; }
li .off { color: var(--danger); }
`;

/** The index of these links; groups stand in the order of their first link. */
export function indexPage(links: readonly PageLink[]): string {
  const groups = [...new Set(links.map(({ group }) => group))];
  const sections = groups.map((name) => {
    const cards = links.filter(({ group }) => group === name).map(card);
    return `<h2>${escapeHtml(name)}</h2>\n<ul>\n${cards.join("")}</ul>\n`;
  });
  return htmlPage("Pages", `<p>What this Worker serves.</p>\n${sections.join("")}`, STYLE);
}

function card({ title, href, line, off }: PageLink): string {
  const name =
    off === undefined ? `<a href="${escapeHtml(href)}">${escapeHtml(title)}</a>` : `<b>${escapeHtml(title)}</b>`;
  const why = off === undefined ? "" : `<p class="off">off: ${escapeHtml(off)}</p>`;
  return `<li>${name}<p>${escapeHtml(line)}</p>${why}</li>\n`;
}
