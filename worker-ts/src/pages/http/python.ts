// /py: what the Python Worker answers (worker-py). Requests and answers go through as they are; where there is no Python, that is said.
import { type Bindings, logFailure, type Mounted, page } from "../../platform";
import { text } from "./answer";

/** Why there is no Python here; undefined when there is. */
export function whyPythonIsOff({ PYTHON_OFF, PY }: Pick<Bindings, "PYTHON_OFF" | "PY">): string | undefined {
  return PYTHON_OFF || (PY === undefined ? "no Python Worker is bound" : undefined);
}

/** The routes of this file. */
export const pythonRoutes: readonly Mounted[] = [
  page("ALL", "/py", async ({ request }) => {
    const { search } = new URL(request.url);
    return new Response(null, { status: 308, headers: { location: `/py/${search}` } });
  }),
  page("ALL", "/py/*", async ({ env, request }) => {
    const reason = whyPythonIsOff(env);
    if (reason !== undefined)
      return text(`The Python pages are off: ${reason}`, { status: 503, headers: { "retry-after": "60" } });
    try {
      return await env.PY!.fetch(request);
    } catch (thrown) {
      logFailure("ask the Python Worker", thrown);
      return text("The Python Worker did not answer.", { status: 502 });
    }
  }),
];
