// The frame of every page: what is before and after its own HTML. worker-py/src/page.py holds the same text.

/** Colours are those of the chat page (web/src/styles/base.css). */
const STYLE = `:root {
  color-scheme: light dark;
  --ground: light-dark(#ffffff, #17181b);
  --raised: light-dark(#ffffff, #1f2125);
  --line: light-dark(#cfc9c1, #44474e);
  --text: light-dark(#1d1b19, #ecebe8);
  --soft: light-dark(#67615a, #a19d97);
  --accent: light-dark(#b93c0b, #f08a4b);
  --on-accent: light-dark(#ffffff, #1d0f06);
  --danger: light-dark(#b3261e, #ff8b80);
  --danger-ground: light-dark(#fdeeec, #3a1e1c);
  font: 400 1rem / 1.5 ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", Arial, sans-serif;
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); }
main { max-width: 44rem; margin: 0 auto; padding: 2rem 1rem; }
h1 { margin: 0 0 1rem; font-size: 1.75rem; line-height: 1.2; }
a { color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
label, dt { display: block; margin: 1rem 0 0.25rem; font-weight: 550; }
input, textarea { width: 100%; padding: 0.5rem; border: 1px solid var(--line); border-radius: 7px; background: var(--raised); color: inherit; font: inherit; }
button { margin-top: 1rem; padding: 0.5rem 1.25rem; border: 0; border-radius: 10px; background: var(--accent); color: var(--on-accent); font: inherit; font-weight: 550; cursor: pointer; }
dd { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
[role="alert"] { margin: 0; padding: 0.75rem 1rem; border-radius: 10px; background: var(--danger-ground); color: var(--danger); }
`;

/** A whole page. `body` is HTML already; `style` is what this page alone needs. */
export function htmlPage(title: string, body: string, style = ""): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} - Ferrule</title>
<style>
${STYLE}${style}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${body}</main>
</body>
</html>
`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#x27;",
};

/** Text as HTML, also between the quotes of an attribute. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character]!);
}
