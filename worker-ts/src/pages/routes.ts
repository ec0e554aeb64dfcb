// The pages: hello, form and counter in this language, the same three in Python behind /py, and the index of all there is.
import { type ApiDocument, ERRORS, type Mounted, originOf, page } from "../platform";
import { apiPage } from "./api-page";
import { html, STILL, text } from "./http/answer";
import { counterRoutes } from "./http/counter";
import { formRoutes } from "./http/form";
import { pythonRoutes, whyPythonIsOff } from "./http/python";
import { indexPage, type PageLink } from "./index-page";

export { escapeHtml, htmlPage } from "./html";

/** What app.ts knows and the index shows. */
export interface PageFacts {
  /** Links of other subsystems; they come before those of the pages. */
  readonly links: readonly Omit<PageLink, "off">[];
  /** The API as OpenAPI, for the origin it is asked from. */
  readonly api: (origin: string) => ApiDocument;
}

const JAVASCRIPT = "Pages in TypeScript";
const PYTHON = "Pages in Python";

const OWN: readonly PageLink[] = [
  { group: JAVASCRIPT, title: "Hello", href: "/hello", line: "A greeting in plain text." },
  { group: JAVASCRIPT, title: "Form", href: "/form", line: "Shows what was sent, whatever was sent." },
  { group: JAVASCRIPT, title: "Counter", href: "/counter", line: "Counts in D1, one step per view." },
];

const OWN_PYTHON: readonly PageLink[] = [
  { group: PYTHON, title: "Hello from Python", href: "/py/hello", line: "A greeting from Starlette, with its Python." },
  { group: PYTHON, title: "Form in Python", href: "/py/form", line: "The same form by the same rules." },
  { group: PYTHON, title: "Counter in Python", href: "/py/counter", line: "Another row of the same table." },
];

/** Every page. */
export function pageRoutes({ links, api }: PageFacts): readonly Mounted[] {
  return [
    page("GET", "/pages", async ({ env }) => {
      const off = whyPythonIsOff(env);
      return html(indexPage([...links, ...OWN, ...OWN_PYTHON.map((link) => ({ ...link, off }))]), STILL);
    }),
    page("GET", "/docs/api", async ({ request }) => html(apiPage(api(originOf(request)), ERRORS), STILL)),
    page("GET", "/hello", async () => text("Hello World from Cloudflare Workers!")),
    ...formRoutes,
    ...counterRoutes,
    ...pythonRoutes,
  ];
}
