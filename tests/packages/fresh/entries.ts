// What the packages' entries are, what each reaches in its own package, and which other packages that asks for. Read from the files as they
// were installed; nothing is run.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { readModule } from "../../house/source.ts";

type Conditions = Readonly<Record<string, string>>;

/** What is read of a package.json. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, string | Conditions>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

export const readManifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));

/** The specifiers by which a package is imported. */
export const specifiersOf = ({ name, exports }: Manifest): string[] =>
  Object.keys(exports).map((path) => join(name, path).replaceAll("\\", "/"));

/** The files that an entry names, for every condition. */
export const filesOf = (entry: string | Conditions): string[] =>
  typeof entry === "string" ? [entry] : Object.values(entry);

/** The package of a specifier; undefined for what a runtime brings itself. */
export function packageOf(specifier: string): string | undefined {
  if (/^(?:node|cloudflare):/.test(specifier)) return undefined;
  return /^(?:@[^/]+\/)?[^/]+/.exec(specifier)![0];
}

/** The packages that a file asks for, by itself and by every file of its own package that it reaches. */
export function packagesReached(file: string): Set<string> {
  const packages = new Set<string>();
  const seen = new Set<string>();
  const ending = file.endsWith(".d.ts") ? ".d.ts" : ".js";
  const visit = (path: string): void => {
    if (seen.has(path) || !/\.(?:js|d\.ts)$/.test(path)) return;
    seen.add(path);
    for (const specifier of readModule(path, readFileSync(path, "utf8")).imports) {
      const target = join(dirname(path), specifier).replace(/\.js$/, ending);
      const name = specifier.startsWith(".") ? undefined : packageOf(specifier);
      if (name !== undefined) packages.add(name);
      else if (specifier.startsWith(".") && existsSync(target)) visit(target);
    }
  };
  visit(file);
  return packages;
}
