// Reads the repository's own source for the house rules: which files there are, and what a file imports, exports and
// names. Knows languages, no rules. A tree is a plain map from path to text, so that a rule can be shown a made-up house.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { posix } from "node:path";
import { parseSync } from "vite";

/** Path from the repository's root, with forward slashes, to the file's text. */
export type Tree = ReadonlyMap<string, string>;

const FOLDERS = ["rust", "worker-ts", "worker-py", "tests", "scripts", "examples", "docs"];
const MADE = new Set([
  "node_modules",
  "target",
  "dist",
  "generated",
  "results",
  "worker-configuration.d.ts",
  "python_modules",
  ".wrangler",
  ".pyodide",
]);
const TEXT = /\.(?:ts|tsx|mjs|js|css|html|rs|toml|json|jsonc|sql|md|py)$/;

/** Every text file of the house, without what tools make. `root` is the repository's folder. */
export function readTree(root: string): Tree {
  const tree = new Map<string, string>();
  const visit = (folder: string): void => {
    for (const entry of readdirSync(`${root}/${folder}`, { withFileTypes: true })) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!MADE.has(entry.name)) visit(path);
      } else if (TEXT.test(entry.name)) tree.set(path, readFileSync(`${root}/${path}`, "utf8"));
    }
  };
  for (const folder of FOLDERS) if (statSync(`${root}/${folder}`, { throwIfNoEntry: false })) visit(folder);
  for (const entry of readdirSync(root, { withFileTypes: true })) {
    if (entry.isFile() && TEXT.test(entry.name) && !MADE.has(entry.name))
      tree.set(entry.name, readFileSync(`${root}/${entry.name}`, "utf8"));
  }
  return tree;
}

/** What one TypeScript module says about itself. */
export interface Module {
  /** Specifiers of every import, re-export, `import()` and `import()` type, as written. */
  readonly imports: readonly string[];
  /** Exported names, sorted; a type is marked `type Name`, everything of another module is `*`. */
  readonly exports: readonly string[];
  /** Names used as values without being declared here: `Name`, `Name.property`, `new Name()`. */
  readonly globals: ReadonlySet<string>;
}

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";

/** Syntax that is erased before it runs: what stands in it is not used as a value. */
const ERASED =
  /^TS(?!AsExpression|NonNullExpression|SatisfiesExpression|TypeAssertion|InstantiationExpression|Enum|ParameterProperty|ModuleBlock)/;

const modules = new Map<string, Module>();

/** Reads a TypeScript (or JavaScript) module; throws with its path when it cannot be parsed. */
export function readModule(path: string, text: string): Module {
  const key = `${path}\0${text}`;
  const known = modules.get(key);
  if (known) return known;
  const { program, module, errors } = parseSync(path, text);
  if (errors[0]) throw new Error(`${path}: ${errors[0].message}`);

  const imports = new Set<string>();
  const exported = new Set<string>();
  for (const { moduleRequest } of module.staticImports) imports.add(moduleRequest.value);
  for (const { moduleRequest } of module.dynamicImports)
    imports.add(text.slice(moduleRequest.start, moduleRequest.end).replace(/^["'`]|["'`]$/g, ""));
  for (const { entries } of module.staticExports) {
    for (const { moduleRequest, importName, exportName, isType } of entries) {
      if (moduleRequest) imports.add(moduleRequest.value);
      const name = importName.kind === "AllButDefault" ? "*" : (exportName.name ?? "default");
      exported.add(isType ? `type ${name}` : name);
    }
  }
  const globals = readGlobals(program, imports);
  const made: Module = { imports: [...imports], exports: [...exported].sort(), globals };
  modules.set(key, made);
  return made;
}

/** Free names of a program. `imports` is added to by the `import("…")` types met on the way. */
function readGlobals(program: unknown, imports: Set<string>): ReadonlySet<string> {
  const used = new Set<string>();
  const declared = new Set<string>();

  const declare = (pattern: unknown): void => {
    if (!isNode(pattern)) return;
    if (pattern.type === "Identifier") declared.add(String(pattern["name"]));
    if (pattern.type === "AssignmentPattern") declare(pattern["left"]);
    if (pattern.type === "RestElement") declare(pattern["argument"]);
    if (pattern.type === "TSParameterProperty") declare(pattern["parameter"]);
    if (pattern.type === "Property") declare(pattern["value"]);
    for (const list of [pattern["elements"], pattern["properties"]]) if (Array.isArray(list)) list.forEach(declare);
  };

  const visit = (node: Node, erased: boolean): void => {
    const inTypes = erased || ERASED.test(node.type);
    switch (node.type) {
      case "TSImportType": {
        const source = (node["source"] ?? node["argument"]) as {
          value?: unknown;
          literal?: { value?: unknown };
        } | null;
        const value = source?.value ?? source?.literal?.value;
        if (typeof value === "string") imports.add(value);
        break;
      }
      case "VariableDeclarator":
        declare(node["id"]);
        break;
      case "FunctionDeclaration":
      case "FunctionExpression":
      case "ArrowFunctionExpression":
      case "ClassDeclaration":
        declare(node["id"]);
        if (Array.isArray(node["params"])) node["params"].forEach(declare);
        break;
      case "CatchClause":
        declare(node["param"]);
        break;
      case "ImportSpecifier":
      case "ImportDefaultSpecifier":
      case "ImportNamespaceSpecifier":
        declare(node["local"]);
        return;
      case "Identifier":
        if (!inTypes) used.add(String(node["name"]));
        break;
      case "NewExpression": {
        const callee = node["callee"];
        if (isNode(callee) && callee.type === "Identifier" && (node["arguments"] as unknown[]).length === 0)
          used.add(`new ${String(callee["name"])}()`);
        break;
      }
      case "MemberExpression": {
        const { object, property, computed } = node as { object?: unknown; property?: unknown; computed?: unknown };
        if (isNode(object) && object.type === "Identifier" && isNode(property) && !computed)
          used.add(`${String(object["name"])}.${String(property["name"])}`);
        if (isNode(object)) visit(object, inTypes);
        if (isNode(property) && computed) visit(property, inTypes);
        return;
      }
      case "Property":
      case "MethodDefinition":
      case "PropertyDefinition": {
        // A key is a name of the object's own, not a use of what is called so.
        if (node["computed"] && isNode(node["key"])) visit(node["key"], inTypes);
        if (isNode(node["value"])) visit(node["value"], inTypes);
        return;
      }
    }
    for (const child of Object.values(node)) {
      for (const one of Array.isArray(child) ? child : [child]) if (isNode(one)) visit(one, inTypes);
    }
  };
  if (isNode(program)) visit(program, false);
  const bare = (name: string) => name.replace(/^new /, "").replace(/[.(].*$/, "");
  return new Set([...used].filter((name) => !declared.has(bare(name))));
}

/** The file in the tree that a relative specifier means, or undefined. */
export function resolve(tree: Tree, from: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  const path = posix.join(posix.dirname(from), specifier.replace(/\?.*$/, ""));
  const bare = path.replace(/\.js$/, "");
  return [path, `${bare}.ts`, `${bare}.tsx`, `${path}/index.ts`].find((candidate) => tree.has(candidate));
}

/** Rust with comments and the insides of strings blanked out, so that a word found in it is code. */
export function rustCode(text: string): string {
  const token =
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|b?r(#*)"[\s\S]*?"\1|b?"(?:\\[\s\S]|[^"\\])*"|b?'(?:\\(?:[^u]|u\{[0-9a-fA-F_]+\})[^']*|[^'\\\n])'/g;
  return text.replace(token, (found) => (found.startsWith("/") ? " " : '""'));
}

/** Rust code outside of `#[cfg(test)]` items. */
export function rustShipped(text: string): string {
  const code = rustCode(text);
  let out = "";
  let at = 0;
  for (const { index, 0: attribute } of code.matchAll(/#\[cfg\(test\)\]/g)) {
    if (index < at) continue;
    out += code.slice(at, index);
    at = endOfItem(code, index + attribute.length);
  }
  return out + code.slice(at);
}

/** Where the item that starts at `from` ends: behind its closing brace, or behind its semicolon when it has none. */
function endOfItem(code: string, from: number): number {
  let depth = 0;
  for (let at = from; at < code.length; at++) {
    if (code[at] === "{") depth++;
    else if (code[at] === "}" && --depth === 0) return at + 1;
    else if (code[at] === ";" && depth === 0) return at + 1;
  }
  return code.length;
}
