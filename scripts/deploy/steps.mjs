// The way to Cloudflare, step by step; each step looks before it acts, so that a run can stop anywhere and the next goes on.
// The Python Worker goes before the main one, which binds it. Secrets are never printed.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { completeVars, parseVars } from "../setup/secrets.mjs";
import { leaveOut, merged, named, optionalBindings, parseJsonc, resourcesOf } from "./config.mjs";
import { linkModules, mergedPython, PYTHON_BINDING, readPythonConfig, whyNoPython } from "./python.mjs";
import { makeState, print } from "./state.mjs";
import { makeWrangler } from "./wrangler.mjs";

/** Known only after the first upload, unless somebody wrote it into the vars file. */
const ADDRESS = "BETTER_AUTH_URL";
const LABELS = { d1: "D1 database", kv: "KV namespace", r2: "R2 bucket", queue: "queue" };

/**
 * Deploys one environment.
 * @param {object} options
 * @param {string} options.folder the repository: wrangler.jsonc, worker-py, .dev.vars.example, `.ferrule/`
 * @param {string} options.env "production", or a name that becomes a suffix of every resource
 * @param {boolean} options.dryRun tell the plan and let wrangler check the build; nothing is made, no login needed
 * @param {string[] | undefined} options.without optional bindings to leave out; undefined = those that were left out last time
 * @param {Record<string, string>} options.environment variables of wrangler, PATH among them
 * @param {() => Promise<void>} options.build makes the core, the page and the Python packages
 * @param {(worker: "main" | "python") => string} options.fingerprint of everything that is uploaded for one Worker
 * @param {(line: string) => void} options.say
 * @returns {Promise<string | undefined>} the address
 */
export async function deploy({ folder, env, dryRun, without, environment, build, fingerprint, say }) {
  const state = makeState(folder, env);
  const { known } = state;
  const wrangler = makeWrangler({ cwd: folder, environment });
  const whole = named(parseJsonc(readFileSync(join(folder, "wrangler.jsonc"), "utf8")), env);
  const example = readFileSync(join(folder, ".dev.vars.example"), "utf8");
  const has = (name) => optionalBindings(whole).some(({ binding }) => binding === name);
  known.without = without ?? known.without.filter(has);
  let config = leaveOut(whole, known.without);
  for (const name of known.without) say(`left out   ${name}`);

  if (!dryRun && !(await wrangler.isSignedIn()))
    throw new Error("Wrangler is not signed in to Cloudflare: run `npx wrangler login`, then run this again.");
  await build();
  const python = findPython();
  if (dryRun) return planOnly();
  await provideResources();
  let file = state.writeConfig(merged(config, known.ids));
  await migrate();
  if (python !== undefined) await uploadPython();
  await upload();
  await tellAddress();
  return known.url;

  /**
   * The Python Worker's configuration, when the main one binds it. What it needs may not be here: then both go without it, this
   * time, for the next run may have it.
   */
  function findPython() {
    if (!optionalBindings(config).some(({ binding }) => binding === PYTHON_BINDING)) return undefined;
    const reason = whyNoPython(folder);
    if (reason === undefined) return named(readPythonConfig(folder), env);
    say(`left out   ${PYTHON_BINDING}: ${reason}`);
    config = leaveOut(config, [PYTHON_BINDING]);
    return undefined;
  }

  function writePython(ids) {
    return state.writePythonConfig(mergedPython(python, ids), linkModules);
  }

  /** Says what would be made and lets wrangler bundle the Workers with stand-in ids. */
  async function planOnly() {
    const ids = {};
    for (const one of resourcesOf(config)) {
      const id = known.ids[`${one.kind}:${one.name}`];
      ids[`${one.kind}:${one.name}`] = id ?? "00000000-0000-0000-0000-000000000000";
      say(`${id === undefined ? "would make" : "has       "} ${LABELS[one.kind]} ${one.name}`);
    }
    for (const { database_name } of databases()) say(`would migrate ${database_name}`);
    const set = Object.entries(parseVars(example)).filter(([, value]) => value !== "");
    say(`would set  ${set.map(([key]) => key).join(", ")}, where missing`);
    if (python !== undefined) await check(python.name, writePython(ids));
    await check(config.name, state.writeConfig(merged(config, ids)));
    return known.url;
  }

  async function check(name, written) {
    say(`would deploy ${name}`);
    const text = await wrangler.dryRun(written);
    for (const line of text.split("\n")) if (/Total Upload|error/i.test(line)) say(line.trim());
  }

  /** Databases with migrations, each once. */
  function databases() {
    return (config.d1_databases ?? []).filter(
      (one, index, all) =>
        one.migrations_dir && all.findIndex((other) => other.database_name === one.database_name) === index,
    );
  }

  /** Finds by name or makes what the bindings need; an id is written down as soon as it is known. */
  async function provideResources() {
    for (const one of resourcesOf(config)) {
      const key = `${one.kind}:${one.name}`;
      let id = await wrangler.find(one);
      say(`${id === undefined ? "making    " : "has       "} ${LABELS[one.kind]} ${one.name}`);
      id ??= await wrangler.add(one);
      if (known.ids[key] === id) continue;
      known.ids[key] = id;
      state.save();
    }
  }

  async function migrate() {
    for (const { binding, database_name } of databases())
      say(`${(await wrangler.migrate(file, binding)) ? "migrated  " : "up to date"} ${database_name}`);
  }

  /** Before the main Worker, for no Worker may bind one that does not exist. */
  async function uploadPython() {
    const written = writePython(known.ids);
    const content = print(`${fingerprint("python")} ${JSON.stringify(mergedPython(python, known.ids))}`);
    if (known.python === content && (await wrangler.secrets(written)) !== undefined) {
      say(`up to date ${python.name}`);
      return;
    }
    say(`deploying  ${python.name}`);
    await wrangler.deploy(written).catch((error) => {
      error.message += `\nWithout the Python pages: npm run deploy -- --without ${PYTHON_BINDING}`;
      throw error;
    });
    known.python = content;
    state.save();
  }

  /**
   * Secrets that have to be set: missing on Cloudflare, or changed in the vars file since. What is missing everywhere is
   * generated, and written down before it is sent, so that a run that fails afterwards does not generate another.
   */
  function dueSecrets(present) {
    const before = state.readVars();
    const values = parseVars(before);
    // A secret that somebody set from another machine stays: only its name is known here.
    const needed = example
      .split("\n")
      .filter((line) => {
        const [key] = Object.keys(parseVars(line));
        return key !== undefined && key !== ADDRESS && !(key in values) && !present.includes(key);
      })
      .join("\n");
    if (needed !== "") state.writeVars(completeVars(`${needed}\n`, before));
    const due = {};
    const given = Object.entries(parseVars(state.readVars())).filter(([, value]) => value !== "");
    for (const [key, value] of given)
      if (!present.includes(key) || (known.secrets[key] ?? print(value)) !== print(value)) due[key] = value;
    return due;
  }

  function remember(secrets) {
    for (const [key, value] of Object.entries(secrets)) known.secrets[key] = print(value);
    state.save();
  }

  /** One upload for code and secrets; nothing when neither has changed. */
  async function upload() {
    const present = await wrangler.secrets(file);
    const due = dueSecrets(present ?? []);
    const content = () => print(`${fingerprint("main")} ${JSON.stringify(config)}`);
    if (present !== undefined && known.deployed === content() && Object.keys(due).length === 0) {
      say(`up to date ${config.name}`);
      return;
    }
    const names = Object.keys(due);
    if (names.length > 0) say(`setting    ${names.join(", ")} (values in ${state.varsFile})`);
    say(`deploying  ${config.name}`);
    known.url = (await state.withSecrets(due, deployWithWhatThereIs)) ?? known.url;
    known.deployed = content();
    remember(due);
  }

  /** Deploys; when the account lacks an optional binding, once more without it. */
  async function deployWithWhatThereIs(secretsFile) {
    for (;;) {
      try {
        return await wrangler.deploy(file, secretsFile);
      } catch (error) {
        const lacking = lackingOf(config, error.output ?? "");
        if (lacking.length === 0) throw error;
        for (const name of lacking) say(`left out   ${name}: this account does not have it`);
        known.without = [...known.without, ...lacking];
        config = leaveOut(config, lacking);
        file = state.writeConfig(merged(config, known.ids));
      }
    }
  }

  /** The Worker learns where it is reached: cookies and links are made for that address. */
  async function tellAddress() {
    const values = parseVars(state.readVars());
    if (known.url === undefined && values[ADDRESS] === undefined)
      say(`no address is known: write ${ADDRESS}=https://... into ${state.varsFile} and run this again`);
    if (known.url === undefined || values[ADDRESS] !== undefined || known.secrets[ADDRESS] === print(known.url)) return;
    await wrangler.setSecrets(file, { [ADDRESS]: known.url });
    say(`set        ${ADDRESS}`);
    remember({ [ADDRESS]: known.url });
  }
}

const COMPLAINTS = { worker_loaders: /worker[\s_-]*loader|dynamic worker/i, services: /service/i };

/** The optional bindings that an error is about: those it names, else those of a kind it names. */
export function lackingOf(config, output) {
  if (
    !/not (?:have|found|exist|enabled|available|allowed|entitled|authorized)|does(?:n't| not)|could not|require/i.test(
      output,
    )
  )
    return [];
  const optional = optionalBindings(config);
  const byName = optional.filter(
    ({ kind, binding }) => COMPLAINTS[kind].test(output) && new RegExp(`\\b${binding}\\b`).test(output),
  );
  const chosen = byName.length > 0 ? byName : optional.filter(({ kind }) => COMPLAINTS[kind].test(output));
  return chosen.map(({ binding }) => binding);
}
