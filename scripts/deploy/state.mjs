// What is remembered of an environment, in `.ferrule/` (git-ignored): ids and fingerprints in ENV.json, the values of its
// secrets in ENV.vars, readable by their owner alone.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Enough of a hash to see that a value has changed. */
export const print = (text) => createHash("sha256").update(text).digest("hex").slice(0, 16);

/** The files of an environment below `folder`. Nothing is made before something is written. */
export function makeState(folder, env) {
  const own = join(folder, ".ferrule");
  const at = (ending) => join(own, `${env}.${ending}`);
  const write = (file, text) => {
    mkdirSync(own, { recursive: true });
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  const read = (file) => (existsSync(file) ? readFileSync(file, "utf8") : "");
  const known = {
    ids: {},
    secrets: {},
    without: [],
    ...JSON.parse(read(at("json")) || "{}"),
  };
  return {
    /** `{ids, secrets, without, deployed?, python?, url?}`; written by `save`. */
    known,
    /** Called after every step, so that the next run goes on where this one stopped. */
    save: () => write(at("json"), `${JSON.stringify(known, null, 2)}\n`),
    readVars: () => read(at("vars")),
    writeVars: (text) => write(at("vars"), text),
    varsFile: `.ferrule/${env}.vars`,
    /** The configuration for wrangler; returns its path. */
    writeConfig: (config) => write(at("wrangler.json"), `${JSON.stringify(config, null, 2)}\n`),
    /** The configuration of the Python Worker in a folder of its own, which `prepare` furnishes; returns its path. */
    writePythonConfig(config, prepare) {
      prepare(at("py"));
      return write(join(at("py"), "wrangler.json"), `${JSON.stringify(config, null, 2)}\n`);
    },
    /** Hands the path of a file with these secrets to `use`; the file is gone afterwards. */
    async withSecrets(values, use) {
      if (Object.keys(values).length === 0) return use(undefined);
      const file = write(at("secrets.json"), JSON.stringify(values));
      try {
        return await use(file);
      } finally {
        rmSync(file, { force: true });
      }
    },
  };
}
