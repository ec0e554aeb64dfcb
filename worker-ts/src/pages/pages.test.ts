// The pages in TypeScript, by the tests that both languages share; what only the main Worker does is in routes.test.ts.
import { testPages } from "../../../tests/worker/pages";

testPages("", /^Hello World from Cloudflare Workers!$/);
