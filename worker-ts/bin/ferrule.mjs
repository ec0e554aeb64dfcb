#!/usr/bin/env node
// `ferrule VERB`: hands over to the verb's file beside this one. Plain Node 20; a verb loads what it needs itself.

const VERBS = {
  inspect: { does: "explains a frame, byte by byte", load: () => import("./inspect.mjs") },
};

const HELP = `ferrule VERB …

${Object.entries(VERBS)
  .map(([name, { does }]) => `  ${name.padEnd(10)} ${does}`)
  .join("\n")}

  ferrule VERB --help tells more.`;

const [verb, ...args] = process.argv.slice(2);
if (verb === undefined || verb === "--help" || verb === "-h") {
  console.log(HELP);
  process.exitCode = verb === undefined ? 2 : 0;
} else if (!Object.hasOwn(VERBS, verb)) {
  console.error(`ferrule: there is no verb "${verb}".\n\n${HELP}`);
  process.exitCode = 2;
} else {
  const { run } = await VERBS[verb].load();
  process.exitCode = await run(args);
}
