// From wrangler.jsonc to what one environment needs: names with its suffix, resources to provide, the merged configuration.
// Pure: no file is read or written here, no command is run.

const COMMENT = String.raw`\/\/[^\n]*(?:\n|$)|\/\*(?:(?!\*\/)[\s\S])*\*\/`;
const JSONC_TOKEN = new RegExp(String.raw`"(?:\\.|[^"\\])*"|${COMMENT}|,(?=\s*(?:(?:${COMMENT})\s*)*[}\]])`, "g");

/** JSON with comments and trailing commas, as wrangler.jsonc is written. */
export function parseJsonc(text) {
  return JSON.parse(text.replace(JSONC_TOKEN, (found) => (found.startsWith('"') ? found : "")));
}

/** Kinds of bindings that a plan may not have. Nothing of the house breaks without them. */
const OPTIONAL = ["worker_loaders", "services"];

/** Names of the optional bindings, each with its kind. */
export function optionalBindings(config) {
  return OPTIONAL.flatMap((kind) => (config[kind] ?? []).map(({ binding }) => ({ kind, binding })));
}

/** The configuration without some optional bindings. Throws on a name that is not one of them. */
export function leaveOut(config, without) {
  const optional = optionalBindings(config).map(({ binding }) => binding);
  const wrong = without.find((name) => !optional.includes(name));
  if (wrong !== undefined) {
    const known = optional.length === 0 ? "there are none" : `they are: ${optional.join(", ")}`;
    throw new Error(`"${wrong}" is no optional binding; ${known}.`);
  }
  const left = { ...config };
  for (const kind of OPTIONAL) {
    if (left[kind] === undefined) continue;
    left[kind] = left[kind].filter(({ binding }) => !without.includes(binding));
    if (left[kind].length === 0) delete left[kind];
  }
  return left;
}

/** The configuration under the names of an environment: "production" keeps them, `dev` makes `ferrule-dev` of `ferrule`. */
export function named(config, env) {
  if (env === "production") return config;
  const own = (name) => `${name}-${env}`;
  const each = (list, change) => list?.map((one) => ({ ...one, ...change(one) }));
  const queue = (one) => ({
    queue: own(one.queue),
    ...(one.dead_letter_queue === undefined ? {} : { dead_letter_queue: own(one.dead_letter_queue) }),
  });
  const changed = {
    name: own(config.name),
    d1_databases: each(config.d1_databases, (one) => ({ database_name: own(one.database_name) })),
    r2_buckets: each(config.r2_buckets, (one) => ({ bucket_name: own(one.bucket_name) })),
    services: each(config.services, (one) => ({ service: own(one.service) })),
    analytics_engine_datasets: each(config.analytics_engine_datasets, (one) =>
      one.dataset === undefined ? {} : { dataset: `${one.dataset}_${env}` },
    ),
    queues: config.queues && {
      ...config.queues,
      producers: each(config.queues.producers, queue),
      consumers: each(config.queues.consumers, queue),
    },
  };
  const given = Object.entries(changed).filter(([key]) => config[key] !== undefined);
  return { ...config, ...Object.fromEntries(given) };
}

/** What must exist before the Worker: `{kind: "d1" | "kv" | "r2" | "queue", name}`, each once. `config` has its environment's names. */
export function resourcesOf(config) {
  const queues = [...(config.queues?.producers ?? []), ...(config.queues?.consumers ?? [])];
  const all = [
    ...(config.d1_databases ?? []).map(({ database_name }) => ({ kind: "d1", name: database_name })),
    ...(config.kv_namespaces ?? []).map(({ binding }) => ({ kind: "kv", name: kvTitle(config, binding) })),
    ...(config.r2_buckets ?? []).map(({ bucket_name }) => ({ kind: "r2", name: bucket_name })),
    ...queues.flatMap(({ queue, dead_letter_queue }) =>
      [queue, dead_letter_queue].filter(Boolean).map((name) => ({ kind: "queue", name })),
    ),
  ];
  return all.filter((one, index) => all.findIndex((o) => o.kind === one.kind && o.name === one.name) === index);
}

const kvTitle = (config, binding) => `${config.name}-${binding.toLowerCase()}`;

/**
 * The configuration that is deployed: real ids, paths as seen from `.ferrule/`, no development settings; minified, with source maps, so
 * that the log's stacks name our files and lines.
 * @param ids the ids of databases and namespaces by `kind:name`
 */
export function merged(config, ids) {
  const { $schema: _schema, dev: _dev, ...rest } = config;
  const up = (path) => `../${path.replace(/^\.\//, "")}`;
  return {
    ...rest,
    minify: true,
    upload_source_maps: true,
    main: up(config.main),
    ...(config.assets && { assets: { ...config.assets, directory: up(config.assets.directory) } }),
    ...(config.d1_databases && {
      d1_databases: config.d1_databases.map((one) => ({
        ...one,
        database_id: ids[`d1:${one.database_name}`],
        ...(one.migrations_dir && { migrations_dir: up(one.migrations_dir) }),
        ...(one.migrations_pattern && { migrations_pattern: up(one.migrations_pattern) }),
      })),
    }),
    ...(config.kv_namespaces && {
      kv_namespaces: config.kv_namespaces.map((one) => ({ ...one, id: ids[`kv:${kvTitle(config, one.binding)}`] })),
    }),
  };
}
