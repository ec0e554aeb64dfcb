// The documentation as the Worker serves it: Markdown becomes HTML that closes what it opens, nothing of a page gets into it as HTML by
// accident, and every link and picture of every page is there.
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { toHtml } from "../../scripts/docs/markdown.mjs";
import { docsFiles } from "../../scripts/docs/pages.mjs";

const nowhere = () => undefined;
const to = (target: string) => target;
const VOID = new Set(["meta", "link", "img", "br"]);

/** What is wrong with the tags of a page: those that are not closed in their order. */
function unclosed(html: string): readonly string[] {
  const open: string[] = [];
  for (const [, close, name] of html.replace("<!doctype html>", "").matchAll(/<(\/?)(\w+)[^>]*>/g)) {
    if (VOID.has(name!)) continue;
    if (close === "") open.push(name!);
    else if (open.pop() !== name) return [`</${name}> closes another`];
  }
  return open;
}

describe("TD14 Markdown", () => {
  test.each([
    ["# A `b` & *c*", '<h1 id="a-b--c">A <code>b</code> &amp; <em>c</em></h1>'],
    ["one\ntwo\n\nthree", "<p>one\ntwo</p>\n<p>three</p>"],
    ["**a** [b](c.md#d) `<x>`", '<p><strong>a</strong> <a href="c.md#d">b</a> <code>&lt;x&gt;</code></p>'],
    ["[![a](b.png)](c.md)", '<p><a href="c.md"><img alt="a" src="b.png"></a></p>'],
    ["- a\n- b\n  c\n\nd", "<ul>\n<li>a</li>\n<li>b\nc</li>\n</ul>\n<p>d</p>"],
    ["1. a\n   - b\n2. c", "<ol>\n<li>a\n<ul>\n<li>b</li>\n</ul></li>\n<li>c</li>\n</ol>"],
    ["```sh run\na < b\n```", '<pre tabindex="0"><code class="sh">a &lt; b</code></pre>'],
    [
      "| a | b |\n|---|---|\n| `x|y` | 1 \\| 2 |",
      '<div class="table" tabindex="0"><table><thead><tr><th>a</th><th>b</th></tr></thead>\n<tbody><tr><td><code>x|y</code></td><td>1 | 2</td></tr></tbody></table></div>',
    ],
    ['<a id="x"></a> <script>alert(1)</script>', '<p><a id="x"></a> &lt;script&gt;alert(1)&lt;/script&gt;</p>'],
    ["a * b, 2*3*4, snake_case", "<p>a * b, 2*3*4, snake_case</p>"],
    ["<!-- not seen\n -->seen", "<p>seen</p>"],
  ])("%j", (text, html) => {
    expect(toHtml(text, to)).toBe(html);
  });

  test("a link that leads nowhere is its words", () => {
    expect(toHtml("see [the code](../src)", nowhere)).toBe("<p>see the code</p>");
  });
});

describe("TD15 the pages", () => {
  const files = docsFiles(fileURLToPath(new URL("../..", import.meta.url)));
  const pages = [...files]
    .filter(([name]) => name.endsWith(".html"))
    .map(([name, html]) => [name, String(html)] as const);
  const pathOf = (name: string) => `/${name.replace(/\.html$/, "").replace(/\/index$/, "/")}`;
  const ids = new Map(
    pages.map(([name, html]) => [pathOf(name), new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id!))]),
  );

  test.each(pages)("%s closes what it opens", (_, html) => {
    expect(unclosed(html)).toEqual([]);
  });

  test("every link between them leads to a page and a place that are there, every picture is there", () => {
    const broken: string[] = [];
    for (const [name, html] of pages) {
      for (const [, target] of html.matchAll(/ href="([^"]+)"/g)) {
        if (/^(?:https?:|\/docs\/(?:api|docs\.css)$|\/(?:pages)?$|\/icon\.svg$)/.test(target!)) continue;
        const [path, place] = target!.split("#");
        if (files.has(path!.slice(1))) continue;
        const there = ids.get(path === "" ? pathOf(name) : path!);
        if (there === undefined || (place !== undefined && !there.has(place))) broken.push(`${name}: ${target}`);
      }
      for (const [, source] of html.matchAll(/ src="([^"]+)"/g))
        if (!files.has(source!.slice(1))) broken.push(`${name}: ${source}`);
    }
    expect(broken).toEqual([]);
  });

  test("no page has a script, a style or a frame of its own: the policy of the site allows none", () => {
    for (const [name, html] of pages) expect(html, name).not.toMatch(/<(?:script|style|iframe)\b|\son\w+=|\sstyle=/);
  });
});
