// `npm run bench -- --draw`, behind scripts/measure/bench.mjs: the tables and plots of what was measured, drawn again.
import { draw } from "./pages.ts";

draw();
