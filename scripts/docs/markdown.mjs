// Markdown as the documentation writes it, to HTML: headings, paragraphs, lists, tables, fences, pictures, links, emphasis, code. Pure; it
// reads no files. Whatever is not one of these is text, and text is escaped.

const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escaped = (text) => text.replaceAll(/[&<>"]/g, (sign) => ESCAPES[sign]);

/** A heading's place, by the rule of GitHub: links between pages name it. */
export const slugOf = (title) =>
  title
    .replaceAll(/<[^>]*>/g, "")
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(/\s/g, "-");

/** Pieces of a line that are taken as they come, the first that fits; everything else is text. */
const INLINE = [
  [/^(`+)(.+?)\1(?!`)/, ([, , code]) => `<code>${escaped(code.trim())}</code>`],
  [/^<a id="([\w-]+)"><\/a>/, ([, id]) => `<a id="${id}"></a>`],
  [/^<!--.*?-->/, () => ""],
  [
    /^!\[([^\]]*)\]\(([^)\s]+)\)/,
    ([, text, target], link) => `<img alt="${escaped(text)}" src="${escaped(link(target) ?? target)}">`,
  ],
  [
    /^\[((?:!\[[^\]]*\]\([^)]*\)|`[^`]*`|[^\]])*)\]\(([^)\s]+)\)/,
    ([, text, target], link) => {
      const to = link(target);
      return to === undefined ? inline(text, link) : `<a href="${escaped(to)}">${inline(text, link)}</a>`;
    },
  ],
  [/^\*\*(?=\S)(.+?)\*\*/, ([, text], link) => `<strong>${inline(text, link)}</strong>`],
  [/^\*(?=\S)([^*]+?)\*(?!\w)/, ([, text], link) => `<em>${inline(text, link)}</em>`],
  [/^\\([\\`*_{}[\]()#+.!|<>-])/, ([, sign]) => escaped(sign)],
];

/** A line, or a cell: `link` says where a target leads, undefined for nowhere. */
function inline(text, link) {
  let html = "";
  let rest = text;
  while (rest !== "") {
    const found = INLINE.map(([pattern, write]) => [pattern.exec(rest), write]).find(([match]) => match !== null);
    // letters that begin nothing are taken together
    const plain = found === undefined ? /^[^`<![*\\]+|^./s.exec(rest)[0] : found[0][0];
    html += found === undefined ? escaped(plain) : found[1](found[0], link);
    rest = rest.slice(plain.length);
  }
  return html;
}

const ITEM = /^( *)(?:[-*]|(\d+)\.) +(.*)$/;
const ROW = /^\|.*\|\s*$/;
const FENCE = /^( *)(`{3,})(\w*)/;

/** Cells of a row; a bar in code or behind a backslash is none. */
const cellsOf = (row) =>
  [
    ...row
      .trim()
      .slice(1)
      .matchAll(/((?:\\.|`[^`]*`|[^|`\\]|`)*?)\|/g),
  ].map(([, cell]) => cell.replaceAll("\\|", "|").trim());

function table(lines, link) {
  const [head, , ...rows] = lines.map(cellsOf);
  const write = (cells, tag) => `<tr>${cells.map((cell) => `<${tag}>${inline(cell, link)}</${tag}>`).join("")}</tr>`;
  const body = rows.map((cells) => write(cells, "td")).join("\n");
  return `<div class="table" tabindex="0"><table><thead>${write(head, "th")}</thead>\n<tbody>${body}</tbody></table></div>`;
}

/** Where an item's lines end: at the next one of its depth, or at text that stands to the left of its own. */
function list(lines, at, link) {
  const [, indent, number] = ITEM.exec(lines[at]);
  const tag = number === undefined ? "ul" : "ol";
  const items = [];
  let line = at;
  while (line < lines.length) {
    const item = ITEM.exec(lines[line]);
    if (item === null || item[1].length !== indent.length || (item[2] === undefined) !== (tag === "ul")) break;
    const own = [item[3]];
    const inner = lines[line].length - item[3].length;
    line += 1;
    while (line < lines.length) {
      const text = lines[line];
      const depth = /^ */.exec(text)[0].length;
      const goesOn = text.trim() === "" ? /^ /.test(lines[line + 1] ?? "") : depth > indent.length;
      if (!goesOn) break;
      own.push(text.slice(Math.min(depth, inner)));
      line += 1;
    }
    // one paragraph needs no tags of its own
    const html = blocks(own, link).replace(/^<p>([\s\S]*?)<\/p>(?=\n?(?:<[uo]l>|$))/, "$1");
    items.push(`<li>${html}</li>`);
  }
  return [`<${tag}>\n${items.join("\n")}\n</${tag}>`, line];
}

/** Lines as blocks of HTML. */
function blocks(lines, link) {
  const out = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at];
    const fence = FENCE.exec(line);
    const heading = /^(#{1,6}) +(.*)$/.exec(line);
    if (line.trim() === "") at += 1;
    else if (fence !== null) {
      const end = lines.findIndex((other, n) => n > at && other.trim() === fence[2]);
      const last = end < 0 ? lines.length : end;
      const code = lines.slice(at + 1, last).map((text) => text.slice(fence[1].length));
      out.push(`<pre tabindex="0"><code class="${fence[3]}">${escaped(code.join("\n"))}</code></pre>`);
      at = last + 1;
    } else if (heading !== null) {
      const level = heading[1].length;
      out.push(`<h${level} id="${slugOf(heading[2])}">${inline(heading[2], link)}</h${level}>`);
      at += 1;
    } else if (ROW.test(line) && /^\|[\s:|-]+\|\s*$/.test(lines[at + 1] ?? "")) {
      const end = lines.findIndex((other, n) => n > at && !ROW.test(other));
      const last = end < 0 ? lines.length : end;
      out.push(table(lines.slice(at, last), link));
      at = last;
    } else if (ITEM.test(line)) {
      const [html, next] = list(lines, at, link);
      out.push(html);
      at = next;
    } else {
      const begin = at;
      const ends = (text) =>
        text.trim() === "" || FENCE.test(text) || ITEM.test(text) || /^#{1,6} /.test(text) || ROW.test(text);
      do at += 1;
      while (at < lines.length && !ends(lines[at]));
      const text = inline(lines.slice(begin, at).join("\n"), link);
      if (text.trim() !== "") out.push(`<p>${text}</p>`);
    }
  }
  return out.join("\n");
}

/**
 * A page's HTML, without a frame.
 * @param {string} text Markdown
 * @param {(target: string) => string | undefined} link where a link leads; undefined: its words stand without one
 */
export const toHtml = (text, link) => blocks(text.replaceAll(/<!--[\s\S]*?-->/g, "").split("\n"), link);
