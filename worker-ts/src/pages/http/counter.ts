// /counter: counts each time it is asked for; a number for programs, a page for browsers.
import { database, type Mounted, page } from "../../platform";
import { prefersHtml } from "../accept";
import { countView } from "../counter-table";
import { htmlPage } from "../html";
import { html, STILL, text } from "./answer";

const PATH = "/counter";

/** The routes of this file. */
export const counterRoutes: readonly Mounted[] = [
  page("GET", PATH, async ({ env, request }) => {
    const count = await countView(database(env), PATH);
    const wanted = prefersHtml(request.headers.get("accept") ?? "");
    const answer = wanted ? html(htmlPage("Counter", `<p>count=${count}</p>\n`), STILL) : text(`count=${count}`);
    answer.headers.set("cache-control", "no-store");
    answer.headers.set("vary", "accept");
    return answer;
  }),
];
