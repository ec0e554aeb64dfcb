// What is asked of Cloudflare, each a few words around one call of the wrangler command. Holds no state and decides nothing.
import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The last lines that say something, without wrangler's ornaments. */
const tail = (text) =>
  text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-12)
    .join("\n");

/** Wrangler in a folder and an environment of variables. Its output is kept from the terminal; failures carry it. */
export function makeWrangler({ cwd, environment }) {
  function run(args, { input = "", env = {} } = {}) {
    return new Promise((resolve, reject) => {
      const child = spawn("wrangler", args, {
        cwd,
        // CI: no question is asked, the answer is yes.
        env: { ...environment, CI: "true", NO_COLOR: "1", ...env },
        stdio: ["pipe", "pipe", "pipe"],
        shell: process.platform === "win32",
      });
      const out = [];
      const all = [];
      child.stdout.on("data", (data) => out.push(data) && all.push(data));
      child.stderr.on("data", (data) => all.push(data));
      child.on("error", reject);
      child.stdin.on("error", () => {});
      child.stdin.end(input);
      child.on("close", (code) =>
        resolve({ code, stdout: Buffer.concat(out).toString(), text: Buffer.concat(all).toString() }),
      );
    });
  }

  async function must(args, options) {
    const result = await run(args, options);
    if (result.code === 0) return result;
    throw Object.assign(new Error(`wrangler ${args.slice(0, 3).join(" ")} failed:\n${tail(result.text)}`), {
      output: result.text,
    });
  }

  /** The first JSON value of an output: wrangler may print a banner or a warning before it. */
  const json = ({ stdout }) => {
    const at = stdout.search(/^[[{]/m);
    return at < 0 ? [] : JSON.parse(stdout.slice(at));
  };

  const finders = {
    d1: async (name) => json(await must(["d1", "list", "--json"])).find((one) => one.name === name)?.uuid,
    kv: async (name) => json(await must(["kv", "namespace", "list"])).find((one) => one.title === name)?.id,
    r2: async (name) => ((await run(["r2", "bucket", "info", name])).code === 0 ? name : undefined),
    queue: async (name) => ((await run(["queues", "info", name])).code === 0 ? name : undefined),
  };
  const makers = {
    d1: (name) => must(["d1", "create", name]),
    kv: (name) => must(["kv", "namespace", "create", name]),
    r2: (name) => must(["r2", "bucket", "create", name]),
    queue: (name) => must(["queues", "create", name]),
  };

  return {
    /** Whether somebody is signed in. */
    isSignedIn: async () => (await run(["whoami", "--json"])).code === 0,
    /** The id of a resource, or undefined when there is none of that name. */
    find: ({ kind, name }) => finders[kind](name),
    /** Makes a resource and returns its id. */
    async add({ kind, name }) {
      await makers[kind](name);
      const id = await finders[kind](name);
      if (id === undefined) throw new Error(`${kind} ${name} was made but is not listed: run this again.`);
      return id;
    },
    /** Applies what is not applied yet; true when there was something. */
    async migrate(config, database) {
      const args = ["d1", "migrations", "apply", database, "--remote", "--config", config];
      return !/No migrations to apply/i.test((await must(args)).text);
    },
    /** Names of the Worker's secrets; undefined when there is no such Worker yet. */
    async secrets(config) {
      const result = await run(["secret", "list", "--format", "json", "--config", config]);
      if (result.code === 0) return json(result).map((one) => one.name);
      if (/10007|not (?:found|exist)|does(?:n't| not) exist/i.test(result.text)) return undefined;
      throw new Error(`wrangler secret list failed:\n${tail(result.text)}`);
    },
    /** Sets secrets of a Worker that exists. The values go through a pipe. */
    setSecrets: (config, values) => must(["secret", "bulk", "--config", config], { input: JSON.stringify(values) }),
    /** Uploads the Worker with its secrets; resolves to where it is reached. */
    async deploy(config, secretsFile) {
      const report = join(tmpdir(), `ferrule-deploy-${process.pid}.ndjson`);
      rmSync(report, { force: true });
      const secrets = secretsFile === undefined ? [] : ["--secrets-file", secretsFile];
      try {
        const { text } = await must(["deploy", "--config", config, ...secrets], {
          env: { WRANGLER_OUTPUT_FILE_PATH: report },
        });
        return addressOf(existsSync(report) ? readFileSync(report, "utf8") : "", text);
      } finally {
        rmSync(report, { force: true });
      }
    },
    /** Builds and checks without an upload; resolves to what wrangler says. */
    dryRun: async (config) => (await must(["deploy", "--dry-run", "--config", config])).text,
  };
}

/** The Worker's address: from wrangler's own report, else from what it printed. */
export function addressOf(report, text) {
  for (const line of report.split("\n")) {
    const entry = line === "" ? {} : JSON.parse(line);
    const address = entry.type === "deploy" ? entry.targets?.find((target) => /^https:\/\//.test(target)) : undefined;
    if (address !== undefined) return address.replace(/\/$/, "");
  }
  return /https:\/\/[\w.-]+\.workers\.dev/.exec(text)?.[0];
}
