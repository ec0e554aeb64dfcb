// The shapes of pages.mjs.
import type { Plugin } from "vite";

export declare const DOCS_INPUTS: readonly string[];
export declare function docsFiles(root: string): Map<string, string | Uint8Array>;
export declare function docsPlugin(root: string): Plugin;
