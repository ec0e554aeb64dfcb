// The API as HTML, for reading: every operation of the OpenAPI document by its group, then the shapes and the codes. All of it is in
// the page, so that a browser's own search finds it; no script.
import type { ApiDocument, ApiOperation, ApiParameter, ApiSchema } from "../platform";
import { exampleOf, fieldHtml, prose, schemaHtml, shapeId } from "./api-schema";
import { escapeHtml, htmlPage } from "./html";

const STYLE = `main { max-width: 60rem; }
h2 { margin: 3rem 0 0.5rem; font-size: 1.375rem; border-bottom: 1px solid var(--line); }
h3 { margin: 2.5rem 0 0.25rem; font-size: 1.0625rem; overflow-wrap: anywhere; }
h3 a { color: inherit; text-decoration: none; }
h3 a:hover { text-decoration: underline; }
h4 { margin: 1rem 0 0.25rem; font-size: 0.9375rem; font-weight: 550; }
p, ul { margin: 0.25rem 0; }
nav { columns: 22rem; column-gap: 2rem; margin-top: 1.5rem; }
nav div { break-inside: avoid; padding-bottom: 1rem; }
nav p { font-weight: 550; }
nav ul { padding: 0; list-style: none; }
nav li { overflow-wrap: anywhere; }
nav a { text-decoration: none; }
nav a:hover { text-decoration: underline; }
code, pre { font: 0.9em / 1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
pre { margin: 0.5rem 0; padding: 0.5rem 0.75rem; border: 1px solid var(--line); border-radius: 7px; background: var(--raised); white-space: pre-wrap; }
dl { display: grid; grid-template-columns: minmax(7rem, 12rem) 1fr; gap: 0.25rem 1rem; margin: 0.25rem 0; }
dt { margin: 0; font-weight: 400; overflow-wrap: anywhere; }
dd { margin: 0; white-space: normal; }
.who { color: var(--soft); }
:target { scroll-margin-top: 1rem; outline: 2px solid var(--accent); outline-offset: 4px; }
@media (max-width: 40rem) {
  dl { display: block; }
  dd { margin: 0 0 0.5rem 1.25rem; }
}
`;

/** The words for people at the top; what a document cannot tell. */
const INTRODUCTION = `<p>JSON in and JSON out; times are ms since 1970, and a field of a shape is never left out but null. Programs read the same as
<a href="/openapi.json">OpenAPI 3.1</a>.</p>
<p>A session is a cookie, or the header <code>authorization: Bearer $token</code> with what a sign-in answers in
<code>set-auth-token</code>. In the examples <code>$url</code> is the address of this server, and the other names stand for parts of
the path.</p>
`;

interface Shown {
  readonly method: string;
  readonly path: string;
  readonly operation: ApiOperation;
}

/** The page of a document; `codes` are the codes of refusals with their status. */
export function apiPage(document: ApiDocument, codes: Readonly<Record<string, number>>): string {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): Shown => ({ method: method.toUpperCase(), path, operation })),
  );
  const groups = document.tags.map(({ name }) => ({
    name,
    shown: operations.filter(({ operation }) => operation.tags[0] === name),
  }));
  return htmlPage(
    "API",
    [INTRODUCTION, index(groups), ...groups.map(group), shapes(document), refusals(codes)].join(""),
    STYLE,
  );
}

interface Group {
  readonly name: string;
  readonly shown: readonly Shown[];
}

const heading = (name: string) => escapeHtml(name[0]!.toUpperCase() + name.slice(1));

function index(groups: readonly Group[]): string {
  const parts = groups.map(({ name, shown }) => {
    const links = shown.map(({ method, path, operation }) => [operation.operationId, `${method} ${path}`] as const);
    return linksHtml(heading(name), links);
  });
  const more = linksHtml("More", [
    ["shapes", "Shapes"],
    ["refusals", "Refusals"],
  ]);
  return `<nav aria-label="On this page">\n${parts.join("")}${more}</nav>\n`;
}

function linksHtml(title: string, links: readonly (readonly [id: string, text: string])[]): string {
  const entries = links.map(([id, text]) => `<li><a href="#${id}"><code>${escapeHtml(text)}</code></a></li>\n`);
  return `<div>\n<p>${title}</p>\n<ul>\n${entries.join("")}</ul>\n</div>\n`;
}

function group({ name, shown }: Group): string {
  return `<h2>${heading(name)}</h2>\n${shown.map(operationHtml).join("")}`;
}

function operationHtml({ method, path, operation }: Shown): string {
  const { operationId, summary, parameters } = operation;
  const inPlace = (place: ApiParameter["in"]) => parameters.filter((parameter) => parameter.in === place);
  return `<section aria-labelledby="${operationId}">
<h3 id="${operationId}"><a href="#${operationId}"><code>${method} ${escapeHtml(path)}</code></a></h3>
<p>${prose(summary)}</p>
<p class="who">${who(operation)}</p>
<pre><code>${escapeHtml(curl(method, path, operation))}</code></pre>
${parametersHtml("Path", inPlace("path"))}${parametersHtml("Query", inPlace("query"))}${parametersHtml("Headers", inPlace("header"))}${bodyHtml(operation)}${answersHtml(operation)}</section>
`;
}

/** Who may call. */
function who({ security }: ApiOperation): string {
  const schemes = security.flatMap((entry) => Object.keys(entry));
  if (schemes.includes("admin")) return "For admins: <code>ADMIN_TOKEN</code> as bearer, or the session of one.";
  if (security.length === 0) return "For everybody.";
  return security.some((entry) => Object.keys(entry).length === 0)
    ? "For everybody; who is signed in may see more."
    : "For whoever is signed in, guests too.";
}

function curl(method: string, path: string, { security, parameters, requestBody }: ApiOperation): string {
  const words = ["curl", ...(method === "GET" ? [] : ["-X", method])];
  words.push(`"$url${path.replaceAll(/\{(\w+)\}/g, "$$$1")}${query(parameters)}"`);
  if (security.length > 0) words.push(`-H "authorization: Bearer $token"`);
  const [type, media] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  if (type !== undefined) words.push(`-H "content-type: ${type}"`);
  if (media?.schema !== undefined) words.push(`-d '${JSON.stringify(exampleOf(media.schema))}'`);
  else if (type !== undefined) words.push("--data-binary @file");
  return words.join(" ");
}

/** What must stand behind the path. */
function query(parameters: readonly ApiParameter[]): string {
  const needed = parameters.filter((parameter) => parameter.in === "query" && parameter.required);
  return needed.length === 0 ? "" : `?${needed.map(({ name }) => `${name}=$${name}`).join("&")}`;
}

function parametersHtml(title: string, parameters: readonly ApiParameter[]): string {
  if (parameters.length === 0) return "";
  const entries = parameters.map(({ name, schema, required, description }) =>
    fieldHtml(name, description === undefined ? schema : { ...schema, description }, required),
  );
  return `<h4>${title}</h4>\n<dl>\n${entries.join("")}</dl>\n`;
}

function bodyHtml({ requestBody }: ApiOperation): string {
  const [type, media] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  if (type === undefined) return "";
  if (media?.schema === undefined) return `<h4>Body</h4>\n<p>Bytes, as <code>${escapeHtml(type)}</code>.</p>\n`;
  return `<h4>Body</h4>\n${schemaHtml(media.schema, true)}`;
}

function answersHtml({ responses }: ApiOperation): string {
  const all = Object.entries(responses);
  const good = all.filter(([status]) => Number(status) < 400);
  const bad = all.filter(([status]) => Number(status) >= 400);
  const parts = good.map(([status, { description, content }]) => {
    const [type, media] = Object.entries(content ?? {})[0] ?? [];
    const shape = media?.schema && type === "application/json" ? schemaHtml(media.schema, false) : "";
    const told = type === undefined || type === "application/json" ? "" : ` <code>${escapeHtml(type)}</code>`;
    return `<h4>Answer ${status}: ${escapeHtml(description)}${told}</h4>\n${shape}`;
  });
  const refused = bad.map(([status, { description }]) => `${status} ${codeList(description)}`);
  return `${parts.join("")}<p class="who">Refusals: ${refused.join("; ")}.</p>\n`;
}

const codeList = (codes: string) =>
  codes
    .split(", ")
    .map((code) => `<a href="#refusals">${escapeHtml(code)}</a>`)
    .join(", ");

function shapes({ components }: ApiDocument): string {
  const entries = Object.entries(components.schemas).map(([name, schema]: [string, ApiSchema]) => {
    const told = typeof schema["description"] === "string" ? `<p>${prose(schema["description"])}</p>\n` : "";
    return `<h3 id="${shapeId(escapeHtml(name))}">${escapeHtml(name)}</h3>\n${told}${schemaHtml(schema, false)}`;
  });
  return `<h2 id="shapes">Shapes</h2>\n${entries.join("")}`;
}

function refusals(codes: Readonly<Record<string, number>>): string {
  const statuses = [...new Set(Object.values(codes))].sort((a, b) => a - b);
  const entries = statuses.map((status) => {
    const own = Object.keys(codes).filter((name) => codes[name] === status);
    return `<dt>${status}</dt>\n<dd>${own.map((name) => `<code>${escapeHtml(name)}</code>`).join(" ")}</dd>\n`;
  });
  return `<h2 id="refusals">Refusals</h2>
<p>Every refusal is an <a href="#${shapeId("Error")}">Error</a>. Its code is never renamed; its message is for people.</p>
<dl>
${entries.join("")}</dl>
`;
}
