// What a block of shell calls: our scripts, our command, wrangler, each with its flags. Whether they exist is asked of their own --help.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { environment, root } from "../harness/environment.ts";

/** A call that can be looked up. */
export interface Call {
  /** What its help is asked of: `["ferrule", "tail"]`, `["wrangler", "d1", "execute"]`, `["npm run", "backup"]`. */
  readonly command: readonly string[];
  readonly flags: readonly string[];
}

/** Whoever prints no help of flags: their words are the field's own. */
const FLAGLESS =
  /^(?:npm run (?:check|setup|types|format|lock|clean|schema|db:studio|page|dev|bundle|tables|build|bot|packages|python)|npm (?:test|start))$/;

/** The words of one command, without quotes around them; assignments in front are left out. */
function wordsOf(command: string): readonly string[] {
  const words = [...command.matchAll(/"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"']+/g)].map(([word]) => word);
  const first = words.findIndex((word) => !/^\w+=/.test(word));
  return first < 0 ? [] : words.slice(first);
}

/** A block's commands: comments, pipes, redirections and substitutions taken apart. */
function commandsOf(text: string): readonly string[] {
  return text
    .replaceAll(/\\\n\s*/g, " ")
    .split("\n")
    .map((line) => line.replace(/(^|\s)#.*$/, ""))
    .flatMap((line) => line.split(/\$\(|\)|&&|\|\||\||;|\d?>&?\d?|<</))
    .map((command) => command.trim())
    .filter(Boolean);
}

const isFlag = (word: string) => /^--?[a-zA-Z][\w-]*(?:=|$)/.test(word);
const flagsOf = (words: readonly string[]) => words.filter(isFlag).map((word) => word.split("=")[0]!);

/** The calls of a block that can be looked up. */
export function callsOf(text: string): readonly Call[] {
  return commandsOf(text).flatMap((command): Call[] => {
    const words = wordsOf(command);
    const [tool, verb] = words;
    if (tool === "npm" && (verb === "start" || verb === "test"))
      return [{ command: [`npm ${verb}`], flags: flagsOf(words.slice(2)) }];
    if (tool === "npm" && verb === "run")
      return [{ command: ["npm run", words[2] ?? ""], flags: flagsOf(words.slice(3)) }];
    const at = tool === "npx" ? 1 : 0;
    if (words[at] === "ferrule")
      return [{ command: ["ferrule", words[at + 1] ?? ""], flags: flagsOf(words.slice(at + 2)) }];
    if (words[at] !== "wrangler") return [];
    // a subcommand is one to three plain words; what follows is an argument
    const rest = words.slice(at + 1);
    const depth = /^(?:d1|kv|r2|queues|secret)$/.test(rest[0] ?? "")
      ? /^(?:migrations|bucket|namespace)$/.test(rest[1] ?? "")
        ? 3
        : 2
      : 1;
    const lifecycle = rest[1] === "bucket" && rest[2] === "lifecycle" ? 1 : 0;
    return [{ command: ["wrangler", ...rest.slice(0, depth + lifecycle)], flags: flagsOf(rest) }];
  });
}

const helps = new Map<string, string>();

function helpOf(command: string, args: readonly string[]): string {
  const key = [command, ...args].join(" ");
  let help = helps.get(key);
  if (help === undefined) {
    const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, env: environment, encoding: "utf8" });
    help = status === 0 ? `${stdout}${stderr}` : "";
    helps.set(key, help);
  }
  return help;
}

/** What a call has that is not there: a script, a verb, a flag; nothing when all of it is. `scripts` are those of package.json. */
export function missingOf({ command, flags }: Call, scripts: Readonly<Record<string, string>>): readonly string[] {
  const [tool = "", ...rest] = command;
  const own = flags.filter((flag) => !/^--?(?:help|h)$/.test(flag));
  let help: string;
  if (tool.startsWith("npm")) {
    const script = tool === "npm run" ? rest[0]! : tool.slice("npm ".length);
    if (!Object.hasOwn(scripts, script)) return [`npm run ${script}: no such script`];
    const [, file, args = ""] = /^node (scripts\/[\w-]+\.mjs)(.*)$/.exec(scripts[script]!) ?? [];
    if (own.length === 0 || FLAGLESS.test(`npm run ${script}`) || file === undefined) return [];
    help = helpOf(process.execPath, [file, ...args.trim().split(" ").filter(Boolean), "--help"]);
  } else if (tool === "ferrule")
    help = helpOf(process.execPath, [join(root, "worker-ts/bin/ferrule.mjs"), ...rest, "--help"]);
  else help = helpOf("wrangler", [...rest, "--help"]);
  if (help === "") return [`${command.join(" ")}: no such command`];
  return own
    .filter((flag) => !new RegExp(`(?<![\\w-])${flag}(?![\\w-])`).test(help))
    .map((flag) => `${command.join(" ")}: no ${flag}`);
}
