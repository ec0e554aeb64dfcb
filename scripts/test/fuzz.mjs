// `npm run fuzz -- TARGET... --minutes N`: lets libFuzzer look for inputs that break a law. Installs nothing.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { environment, fail, helpIfAsked, root, tools } from "../run.mjs";

const folder = join(root, "rust/fuzz");
const targets = readdirSync(join(folder, "targets"))
  .filter((file) => file.endsWith(".rs"))
  .map((file) => file.slice(0, -3))
  .sort();

const help = `npm run fuzz -- TARGET... [--minutes N]

Runs each target for N minutes (default 1) and prints executions, edges and corpus. "all" stands for every target.
A target is one law of rust/fuzz. New inputs gather in .tools/fuzz/corpus; an input that breaks a law is written to
rust/fuzz/artifacts: fix the code, then keep the input in rust/fuzz/corpus/TARGET, where cargo test replays it.

  --list       names of the targets
  --minutes N  minutes for each target, a number above 0
  --help       this text

Targets: ${targets.join(" ")}`;

/** Splits the command line into target names and minutes. */
function read(words) {
  const names = [];
  let minutes = 1;
  for (let at = 0; at < words.length; at++) {
    const [word, value] = words[at].split("=", 2);
    if (word === "--minutes") minutes = Number(value ?? words[++at]);
    else if (word === "all") names.push(...targets);
    else if (targets.includes(word)) names.push(word);
    else if (word.startsWith("-")) fail(`Unknown option ${word}; npm run fuzz -- --help lists them.`);
    else fail(`There is no fuzz target ${word}; the targets are ${targets.join(", ")}.`);
  }
  if (!(minutes > 0)) fail("--minutes needs a number above 0.");
  return { names: [...new Set(names)], minutes };
}

const works = (command, args) => spawnSync(command, args, { cwd: root, env: environment }).status === 0;

function requireTools() {
  if (!works("cargo", ["+nightly", "--version"]))
    fail("Fuzzing needs the nightly toolchain: rustup toolchain install nightly --profile minimal");
  if (!works("cargo", ["+nightly", "fuzz", "--version"]))
    fail("Fuzzing needs cargo-fuzz: cargo install cargo-fuzz --locked");
}

/** The last figures libFuzzer printed. */
function figures(text) {
  const last = (pattern) => [...text.matchAll(pattern)].at(-1)?.slice(1) ?? [];
  const [edges, features] = last(/cov: (\d+) ft: (\d+)/g);
  const [inputs, size] = last(/corp: (\d+)\/(\S+)/g);
  const [executions] = last(/stat::number_of_executed_units: (\d+)/g);
  const [rate] = last(/stat::average_exec_per_sec:\s+(\d+)/g);
  return { executions, rate, edges, features, inputs, size };
}

// Fat LTO only makes the instrumented build slow.
const env = { ...environment, CARGO_PROFILE_RELEASE_LTO: "off", CARGO_PROFILE_RELEASE_CODEGEN_UNITS: "16" };
const build = ["--fuzz-dir", folder, "--target-dir", join(tools, "fuzz/target"), "--features", "libfuzzer"];

/** One cargo fuzz command, its words shown as they come; gives whether it ended well and what it said last. */
function cargoFuzz(verb, args) {
  return new Promise((resolve) => {
    const child = spawn("cargo", ["+nightly", "fuzz", verb, ...build, ...args], {
      cwd: root,
      env,
      stdio: ["ignore", "inherit", "pipe"],
    });
    let text = "";
    child.stderr.on("data", (data) => {
      process.stderr.write(data);
      text = (text + data).slice(-100_000);
    });
    child.on("error", (error) => fail(`cargo could not be started: ${error.message}.`));
    child.on("close", (code) => resolve({ ok: code === 0, text }));
  });
}

/** One target for so many seconds; gives the line to print at the end. */
async function run(target, seconds) {
  const built = await cargoFuzz("build", [target]);
  if (!built.ok) return { ok: false, line: `${target}: FAILED, it could not be built` };
  const found = join(tools, "fuzz/corpus", target);
  mkdirSync(found, { recursive: true });
  const inputs = [found, join(folder, "corpus", target)];
  const options = [`-max_total_time=${seconds}`, "-print_final_stats=1", "-timeout=10", "-rss_limit_mb=2048"];
  const { ok, text } = await cargoFuzz("run", [target, ...inputs, "--", ...options]);
  if (!ok) {
    const input = text.match(/Test unit written to (\S+)/)?.[1];
    return { ok, line: `${target}: FAILED, ${input === undefined ? "without an input" : `the input is ${input}`}` };
  }
  const { executions, rate, edges, features, inputs: kept, size } = figures(text);
  const line = `${target}: ${executions} executions (${rate}/s), ${edges} edges, ${features} features, corpus ${kept} inputs (${size})`;
  return { ok, line };
}

helpIfAsked(help);
const words = process.argv.slice(2);
if (words.includes("--list")) console.log(targets.join("\n"));
else if (words.length === 0) console.log(help);
else {
  const { names, minutes } = read(words);
  if (names.length === 0) fail(`Name a fuzz target: ${targets.join(", ")}, or all.`);
  requireTools();
  const lines = [];
  for (const name of names) {
    const { ok, line } = await run(name, Math.max(1, Math.round(minutes * 60)));
    lines.push(line);
    if (!ok) process.exitCode = 1;
  }
  console.log(`\n${lines.join("\n")}`);
}
