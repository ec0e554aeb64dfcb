// `npm run schema [-- --name WHAT]`: after a change of a schema.ts or of auth/options.ts. Makes the auth tables from Better
// Auth's options and each subsystem's SQL from its tables; both are committed. Needs the network for Better Auth's command.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fail, helpIfAsked, root, step } from "./run.mjs";

/** Better Auth's own generator, at the version of the library; not a dependency, because it brings 99 packages. */
const AUTH = "auth@1.7.7";
helpIfAsked(`npm run schema [-- --name WHAT]

Writes the auth tables from Better Auth's options and each subsystem's SQL from its schema.ts. Needs the network.

  --name WHAT   name of a new migration: what changed`);
const worker = join(root, "worker-ts");
const at = process.argv.indexOf("--name");
const name = at === -1 ? [] : ["--name", process.argv[at + 1] ?? fail("--name takes a name: what changed.")];

try {
  const auth = ["generate", "--config", "auth.config.ts", "--output", "src/auth/schema.ts", "-y"];
  await step("auth tables", "npx", ["--yes", AUTH, ...auth], { cwd: worker });
  await step("format", "biome", ["check", "--write", "worker-ts/src/auth/schema.ts"]);
  for (const file of readdirSync(join(worker, "drizzle")).sort()) {
    const subsystem = file.replace(".config.ts", "");
    await step(`sql ${subsystem}`, "drizzle-kit", ["generate", "--config", `drizzle/${file}`, ...name], {
      cwd: worker,
    });
  }
} catch (error) {
  fail(error);
}
