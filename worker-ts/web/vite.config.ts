// Builds the pages into worker-ts/web/dist, which the Worker serves as static assets: /kernel is kernel.html, /operations and /workflows
// likewise;
// run.html is that of every /runs/:id. The documentation stands beside them, below /docs.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { docsPlugin } from "../../scripts/docs/pages.mjs";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: at("."),
  plugins: [docsPlugin(at("../.."))],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2023",
    // The CSP allows no data: or inline script: every asset stays a file of its own.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: ["index", "kernel", "operations", "workflows", "run"].map((page) => at(`${page}.html`)) },
  },
});
