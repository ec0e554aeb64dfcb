// From the Python Worker's wrangler.jsonc to the one it runs with on this machine: only the flags differ. Pure.

/**
 * Python without a network, at a compatibility date of 2026-11-01: "development" is the Python that workerd reads from a file and
 * never downloads, and the three `no_` flags keep releases, which the date implies, from coming before it.
 */
export const LOCAL_FLAGS = [
  "python_workers",
  "python_workers_development",
  "experimental",
  "no_python_workers_20250116",
  "no_python_workers_20260610",
  "no_python_workers_314",
];

/** The configuration with the local flags behind its own. */
export const localConfig = (config) => ({
  ...config,
  compatibility_flags: [...new Set([...(config.compatibility_flags ?? []), ...LOCAL_FLAGS])],
});

/** The same as the text of a file. */
export const localText = (config) =>
  `// Made by set-up from wrangler.jsonc; only the flags differ. What is changed here is lost.\n${JSON.stringify(localConfig(config), null, 2)}\n`;
