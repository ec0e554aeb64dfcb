// `node tests/house/draw.ts`: draws docs/images/house-imports.svg anew, after imports between subsystems have changed.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { importGraph } from "./graph.ts";
import { picture } from "./picture.ts";
import { readTree } from "./source.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
writeFileSync(`${root}/docs/images/house-imports.svg`, picture(importGraph(readTree(root))));
