// /form: shows the form, and shows what was sent. It answers people, so a refusal is a page too.
import { type Mounted, page } from "../../platform";
import { FormRefusal, REFUSALS, readForm } from "../form";
import { formPage, refusedPage, sentPage } from "../form-page";
import { html } from "./answer";

/** `form-action` lets the form post to where it came from, and nowhere else. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'";

/** The routes of this file. */
export const formRoutes: readonly Mounted[] = [
  page("GET", "/form", async () => html(formPage(), POLICY)),
  page("POST", "/form", async ({ request }) => {
    try {
      return html(sentPage(await readForm(request)), POLICY);
    } catch (thrown) {
      if (!(thrown instanceof FormRefusal)) throw thrown;
      return html(refusedPage(thrown), POLICY, REFUSALS[thrown.code][0]);
    }
  }),
];
