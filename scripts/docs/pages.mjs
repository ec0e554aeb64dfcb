// The documentation as pages of the Worker: which there are, where their links lead, and the frame around each. docs/tutorial.md is
// /docs/tutorial; the written protocols that it leads to stand under /docs/protocol. An address without a page has one here, too.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { toHtml } from "./markdown.mjs";

/** Pages outside of docs/ that it leads to, and their names here. */
const BESIDE = {
  "README.md": "ferrule",
  "SECURITY.md": "security",
  "rust/wire/PROTOCOL.md": "protocol/wire",
  "rust/kernel/KERNEL.md": "protocol/kernel",
  "rust/chunk/FORMAT.md": "protocol/streams",
  "worker-ts/src/rooms/relay/RELAY.md": "protocol/relays",
  "worker-ts/src/backup/BACKUP.md": "protocol/backup",
  "worker-ts/src/ws-kit/README.md": "ws-kit-adapter",
};
/** What set-up looks at to know whether the pages are new. */
export const DOCS_INPUTS = ["docs", "scripts/docs", "tests/bench/results", ...Object.keys(BESIDE)];
const PICTURE = /\.(?:svg|png)$/;

const posixPath = (path) => path.replaceAll("\\", "/");

/** Name here of a page of the repository; undefined for what is not served. */
function nameOf(path, own) {
  if (Object.hasOwn(BESIDE, path)) return BESIDE[path];
  if (!own.has(path)) return undefined;
  return path === "docs/README.md" ? "index" : path.slice("docs/".length, -".md".length);
}

const frame = (title, body) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} - Ferrule</title>
<link rel="icon" href="/icon.svg">
<link rel="stylesheet" href="/docs/docs.css">
</head>
<body>
<nav aria-label="Documentation"><a href="/docs/">Documentation</a> <a href="/docs/tutorial">Tutorial</a> <a href="/docs/api">API</a> <a href="/">Chat</a></nav>
<main>
${body}
</main>
</body>
</html>
`;

/** What stands where nothing does, also outside of the documentation. */
const NOTHING = `# There is nothing at this address

The pages of the [documentation](/docs/), and the [tutorial](/docs/tutorial) to begin with.

The [chat](/), the [API](/docs/api), and [every other page](/pages) of this Worker.
`;

/**
 * All files of the documentation, by name below the site's root.
 * @param {string} root the repository
 * @returns {Map<string, string | Uint8Array>}
 */
export function docsFiles(root) {
  const all = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" }).map(
    (name) => `docs/${posixPath(name)}`,
  );
  const own = new Set(all.filter((path) => path.endsWith(".md")));
  const pictures = new Set(all.filter((path) => PICTURE.test(path)));
  const files = new Map([["docs/docs.css", readFileSync(join(root, "scripts/docs/docs.css"))]]);

  const page = (path) => {
    const link = (target) => {
      if (/^https?:/.test(target)) return target;
      const [to, place] = target.split("#");
      if (to === "") return `#${place}`;
      const reached = posix.normalize(posix.join(posixPath(dirname(path)), to));
      if (PICTURE.test(reached)) {
        pictures.add(reached);
        return `/docs/pictures/${reached.replace(/^docs\/images\//, "").replaceAll("/", "-")}`;
      }
      const name = nameOf(reached, own);
      if (name === undefined) return undefined;
      return `/docs/${name === "index" ? "" : name}${place === undefined ? "" : `#${place}`}`;
    };
    const text = readFileSync(join(root, path), "utf8");
    const [, title = path] = /^# (.*)$/m.exec(text) ?? [];
    files.set(`docs/${nameOf(path, own)}.html`, frame(title.replaceAll(/[`*<>&]/g, ""), toHtml(text, link)));
  };
  for (const path of [...own, ...Object.keys(BESIDE)]) page(path);
  files.set(
    "404.html",
    frame(
      "Nothing here",
      toHtml(NOTHING, (target) => target),
    ),
  );
  for (const path of pictures)
    files.set(
      `docs/pictures/${path.replace(/^docs\/images\//, "").replaceAll("/", "-")}`,
      readFileSync(join(root, path)),
    );
  return files;
}

/** A plugin of Vite that puts them beside the page. */
export function docsPlugin(root) {
  return {
    name: "ferrule-docs",
    apply: "build",
    generateBundle() {
      for (const [fileName, source] of docsFiles(root)) this.emitFile({ type: "asset", fileName, source });
    },
  };
}
