// `npm run deploy [-- --env dev] [--dry-run] [--without LOADER,PY]`: makes on Cloudflare what is missing, migrates, sets secrets,
// deploys both Workers, prints the address. A second run changes nothing. The steps stand in scripts/deploy/.
import { parseArgs } from "node:util";
import { deploy } from "./deploy/steps.mjs";
import { environment, fail, fingerprint, helpIfAsked, root } from "./run.mjs";
import { setup } from "./setup.mjs";

/** What the uploaded Workers are made from. */
const SOURCES = {
  main: [
    "worker-ts",
    "docs",
    "scripts/docs",
    "rust/crc",
    "rust/wire",
    "rust/chunk",
    "rust/kernel",
    "rust/wasm",
    "wrangler.jsonc",
    "package-lock.json",
    "Cargo.lock",
  ],
  // the hashes in requirements.txt stand for the packages
  python: ["worker-py/src", "worker-py/requirements.txt", "worker-py/wrangler.jsonc"],
};

helpIfAsked(`npm run deploy [-- --env NAME] [--dry-run] [--without NAME,NAME]

Makes on Cloudflare what is missing, migrates, sets secrets, deploys the Python Worker and the main one, prints the address.
A second run changes nothing. Where the Python packages could not be installed, the Python pages are left out with the reason.
Ids and secrets are kept in .ferrule/, which git ignores.

  --env NAME       another environment beside production, "dev" say: each resource gets the name as suffix
  --dry-run        tells the plan and checks the build; makes nothing, needs no login
  --without NAMES  optional bindings to leave out (LOADER, PY), for plans that lack them`);
try {
  const { values } = parseArgs({
    options: {
      env: { type: "string", default: "production" },
      "dry-run": { type: "boolean", default: false },
      without: { type: "string" },
    },
  });
  if (!/^[a-z][a-z0-9-]{0,15}$/.test(values.env))
    throw new Error("--env takes a short name of lower-case letters, digits and hyphens.");
  const address = await deploy({
    folder: root,
    env: values.env,
    dryRun: values["dry-run"],
    without: values.without?.split(",").filter(Boolean),
    environment,
    build: () => setup(["core faces", "vats", "workflows", "page", "python"]),
    fingerprint: (worker) => fingerprint(SOURCES[worker]),
    say: (line) => console.log(line),
  });
  if (address !== undefined) console.log(address);
} catch (error) {
  fail(error);
}
