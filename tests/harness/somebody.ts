// Somebody else's project: a folder outside of the repository into which our packages are packed and installed.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { environment, root } from "./environment.ts";

export class Somebody implements Disposable {
  readonly home: string = mkdtempSync(join(tmpdir(), "ferrule-somebody-"));

  /** What a command prints; throws it when the command fails. */
  run(command: string, args: readonly string[], cwd: string = this.home): string {
    const { status, stdout, stderr } = spawnSync(command, args, { cwd, env: environment, encoding: "utf8" });
    if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed:\n${stdout}${stderr}`);
    return stdout;
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.home, name), text);
  }

  /** Packs these workspaces as npm would publish them and installs the tarballs without a network. */
  install(packages: readonly string[]): void {
    const workspaces = packages.flatMap((name) => ["-w", name]);
    this.run("npm", ["pack", "--silent", "--pack-destination", this.home, ...workspaces], root);
    this.write("package.json", JSON.stringify({ name: "somebody", private: true, type: "module" }));
    const tarballs = readdirSync(this.home).filter((name) => name.endsWith(".tgz"));
    this.run("npm", ["install", "--offline", "--no-audit", "--no-fund", ...tarballs.map((name) => `./${name}`)]);
  }

  /** The files of an installed package, and the paths that its package.json exports. */
  installed(name: string): { readonly files: readonly string[]; readonly exported: readonly string[] } {
    const folder = join(this.home, "node_modules", name);
    const { exports } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const paths = Object.values<string | Record<string, string>>(exports).flatMap((entry) =>
      typeof entry === "string" ? [entry] : Object.values(entry),
    );
    return {
      files: readdirSync(folder, { recursive: true, encoding: "utf8" }),
      exported: paths.map((path) => path.replace("./", "")),
    };
  }

  [Symbol.dispose](): void {
    rmSync(this.home, { recursive: true, force: true });
  }
}
