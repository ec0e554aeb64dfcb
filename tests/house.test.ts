// The rules of the house (CONTRIBUTING.md, "The house"), read off the source. Each rule is shown twice: this house keeps it, and a
// made-up house that breaks it is caught. No rule's own logic stands here: see tests/house/.
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { foldersStaySmall } from "./house/folder-rules.ts";
import * as rules from "./house/rules.ts";
import * as rust from "./house/rust-rules.ts";
import { readModule, readTree, rustCode, rustShipped, type Tree } from "./house/source.ts";
import * as texts from "./house/text-rules.ts";

const house = readTree(fileURLToPath(new URL("..", import.meta.url)));

/** A house of a few files; each opens with a comment, as all do. */
const made = (files: Record<string, string>): Tree => new Map(Object.entries(files));
const any = ["a", "ny"].join("");
/** So many modules of one folder. */
const filled = (folder: string, modules: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: modules }, (_, n) => [`${folder}/m${n}.ts`, ""]));

type Rule = (tree: Tree) => readonly string[];
/** Rule, what it says, houses that break it with a piece of the sentence each must give, a house that keeps it. */
const RULES: readonly (readonly [rule: Rule, name: string, bad: readonly (readonly [Tree, string])[], good: Tree])[] = [
  [
    rules.importsPointDown,
    "imports point down",
    [
      [
        made({
          "worker-ts/src/rooms/room.ts": 'import { R } from "./room-object.ts";',
          "worker-ts/src/rooms/room-object.ts": "",
        }),
        "line 4",
      ],
      [
        made({
          "worker-ts/src/rooms/room-object.ts": 'import "./http/rooms.ts";',
          "worker-ts/src/rooms/http/rooms.ts": "",
        }),
        "line 5",
      ],
      [
        made({ "worker-ts/src/auth/auth.ts": 'import type { A } from "../app.ts";', "worker-ts/src/app.ts": "" }),
        "line 6",
      ],
      [
        made({
          "worker-ts/src/platform/clock.ts": 'export { u } from "../auth/index.ts";',
          "worker-ts/src/auth/index.ts": "",
        }),
        "line 2",
      ],
      [made({ "worker-ts/src/app.ts": 'await import("./index.ts");', "worker-ts/src/index.ts": "" }), "line 7"],
      [
        made({
          "worker-ts/src/auth/a.ts": 'type T = import("../rooms/index.ts").T;',
          "worker-ts/src/rooms/index.ts": "",
        }),
        "rooms/index.ts",
      ],
    ],
    made({
      "worker-ts/src/index.ts": 'import app from "./app.ts";',
      "worker-ts/src/app.ts":
        'import { routes } from "./rooms/routes.ts"; import { defineRoomObject } from "./rooms/index.ts";',
      "worker-ts/src/rooms/routes.ts":
        'import { Operation } from "./operation.ts"; import { session } from "../auth/index.ts";',
      "worker-ts/src/rooms/index.ts": 'export { defineRoomObject } from "./room-object.ts";',
      "worker-ts/src/rooms/room-object.ts": 'import { decode } from "@ferrule/core"; import { step } from "./room.ts";',
      "worker-ts/src/rooms/room.ts": "",
      "worker-ts/src/rooms/operation.ts": "",
      "worker-ts/src/auth/index.ts": 'import { db } from "../platform/index.ts";',
      "worker-ts/src/platform/index.ts": "",
    }),
  ],
  [
    rules.subsystemsKeepApart,
    "subsystems keep apart",
    [
      [
        made({ "worker-ts/src/rooms/room.ts": 'import "../kernel/index.ts";', "worker-ts/src/kernel/index.ts": "" }),
        "may not know kernel",
      ],
      [
        made({
          "worker-ts/src/client/room.ts": 'import "../platform/clock.ts";',
          "worker-ts/src/platform/clock.ts": "",
        }),
        "client may not know platform",
      ],
      [made({ "worker-ts/web/main.tsx": 'import "@ferrule/core";' }), "web may not know core"],
      [made({ "worker-ts/web/main.tsx": 'import "@ferrule/worker/rooms";' }), "web may not know rooms"],
      [
        made({ "worker-ts/src/ws-kit/adapter.ts": 'import "../auth/index.ts";', "worker-ts/src/auth/index.ts": "" }),
        "ws-kit may not know auth",
      ],
    ],
    made({
      "worker-ts/web/main.tsx": 'import { connect } from "../src/client/index.ts";',
      "worker-ts/src/client/index.ts": 'import { decode } from "@ferrule/core";',
      "worker-ts/src/rooms/room.test.ts": 'import "../kernel/index.ts";',
      "worker-ts/src/kernel/index.ts": "",
    }),
  ],
  [
    rules.subsystemsAreEnteredByTheirDoors,
    "a subsystem is entered by index.ts or routes.ts",
    [
      [
        made({ "worker-ts/src/app.ts": 'import "./rooms/room-object.ts";', "worker-ts/src/rooms/room-object.ts": "" }),
        "enter rooms",
      ],
      [
        made({ "worker-ts/src/rooms/room.ts": 'import "../auth/tickets";', "worker-ts/src/auth/tickets.ts": "" }),
        "enter auth",
      ],
      [
        made({ "worker-ts/web/main.ts": 'import "../src/client/view.js";', "worker-ts/src/client/view.ts": "" }),
        "enter client",
      ],
    ],
    made({
      "worker-ts/src/app.ts": 'import "./rooms"; import "./rooms/routes.ts";',
      "worker-ts/src/rooms/index.ts": 'import "./room.ts";',
      "worker-ts/src/rooms/routes.ts": "",
      "worker-ts/src/rooms/room.ts": "",
      "worker-ts/src/app.test.ts": 'import "./rooms/room.ts";',
    }),
  ],
  [
    rules.noCircles,
    "no circle of TypeScript files",
    [
      [
        made({
          "worker-ts/src/a/a.ts": 'import "./b.ts";',
          "worker-ts/src/a/b.ts": 'import "./c.ts";',
          "worker-ts/src/a/c.ts": 'import type { A } from "./a.ts";',
        }),
        "a.ts, worker-ts/src/a/b.ts, worker-ts/src/a/c.ts",
      ],
      [made({ "tests/x.ts": 'import "./x.ts";' }), "tests/x.ts"],
    ],
    made({
      "worker-ts/src/a/a.ts": 'import "./b.ts"; import "./c.ts";',
      "worker-ts/src/a/b.ts": 'import "./c.ts";',
      "worker-ts/src/a/c.ts": "",
    }),
  ],
  [
    rules.packagesStayOnTheirLines,
    "hono, drizzle-orm, cloudflare:workers and the core stay on their lines",
    [
      [made({ "worker-ts/src/rooms/room-object.ts": 'import { Hono } from "hono";' }), "imports hono"],
      [made({ "worker-ts/src/rooms/room.ts": 'import type { Context } from "hono/jsx";' }), "imports hono"],
      [made({ "worker-ts/src/rooms/http/rooms.ts": 'import { eq } from "drizzle-orm";' }), "imports drizzle-orm"],
      [
        made({ "worker-ts/src/rooms/room.ts": 'import { env } from "cloudflare:workers";' }),
        "imports cloudflare:workers",
      ],
      [made({ "worker-ts/src/rooms/routes.ts": 'import { crc32 } from "@ferrule/core";' }), "imports the Rust core"],
      [
        made({ "worker-ts/src/rooms/room.ts": 'import init from "../../../rust/wasm/npm/generated/ferrule.js";' }),
        "generated glue",
      ],
    ],
    made({
      "worker-ts/src/app.ts": 'import { Hono } from "hono";',
      "worker-ts/src/rooms/schema.ts": 'import { text } from "drizzle-orm/sqlite-core";',
      "worker-ts/src/rooms/room-object.ts":
        'import { DurableObject } from "cloudflare:workers"; import "@ferrule/core";',
      "worker-ts/src/auth/session.ts": 'import { createMiddleware } from "hono/factory";',
    }),
  ],
  [
    rules.timeAndChanceAreHandedIn,
    "clock, randomness and timers are handed in",
    [
      [made({ "worker-ts/src/rooms/room.ts": "export const at = () => Date.now();" }), "Date.now"],
      [made({ "worker-ts/src/rooms/http/a.ts": "export const at = () => new Date().getTime();" }), "new Date()"],
      [made({ "worker-ts/src/client/room.ts": "export const jitter = () => Math.random();" }), "Math.random"],
      [made({ "worker-ts/src/auth/ticket.ts": "export const id = () => crypto.randomUUID();" }), "crypto"],
      [
        made({ "worker-ts/src/rooms/room.ts": "export const wait = (f: () => void) => setTimeout(f, 1);" }),
        "setTimeout",
      ],
      [
        made({ "worker-ts/src/rooms/room.ts": "export const wait = (f: () => void) => globalThis.setInterval(f, 1);" }),
        "setInterval",
      ],
      [made({ "worker-ts/src/rooms/room.ts": 'import { randomUUID } from "node:crypto";' }), "node:crypto"],
      [made({ "worker-ts/src/rooms/room.ts": "export const o = { setTimeout };" }), "setTimeout"],
    ],
    made({
      "worker-ts/src/platform/clock.ts": "export const now = () => Date.now();",
      "worker-ts/src/rooms/room-object.ts": "export const wait = (f: () => void) => setTimeout(f, Math.random());",
      "worker-ts/src/client/platform.ts": "export const random = () => crypto.getRandomValues(new Uint8Array(16));",
      "worker-ts/src/client/room.ts":
        "// Date.now() in a comment\nexport const f = (setTimeout: typeof globalThis.setTimeout) => setTimeout(() => new Date(5), 1);",
      "worker-ts/src/rooms/room.ts": "export const g = (p: { crypto: Crypto }) => p.crypto;",
    }),
  ],
  [
    rules.logsKnowWhatNotToSay,
    "what was thrown comes into the log by platform/log.ts",
    [
      [made({ "worker-ts/src/rooms/room.ts": "export const f = (e: unknown) => console.error(e);" }), "console.error"],
      [made({ "worker-ts/src/workflow/runtime/a.ts": "export const f = globalThis.console.log;" }), "console"],
      [made({ "worker-ts/src/rooms/room.ts": "export const f = () => work().catch(console.error);" }), "console.error"],
    ],
    made({
      "worker-ts/src/platform/log.ts": "export const logFailure = (e: string) => console.error(e);",
      "worker-ts/src/rooms/room.ts": 'import { logFailure } from "../platform/log.ts"; logFailure("console.error");',
    }),
  ],
  [
    rules.shippedCodeImportsNoTests,
    "shipped code imports no test",
    [
      [
        made({ "worker-ts/src/rooms/room.ts": 'import { fake } from "../../../tests/harness/fake.ts";' }),
        "tests/harness/fake.ts",
      ],
    ],
    made({ "worker-ts/src/rooms/room.test.ts": 'import "../../../tests/harness/fake.ts";' }),
  ],
  [
    rules.facesNameWhatTheyExport,
    "face files name what they hand on",
    [
      [made({ "worker-ts/src/rooms/index.ts": 'export * from "./room.ts";' }), "exports *"],
      [made({ "rust/wasm/npm/src/api.ts": 'export type * from "./frame.ts";' }), "exports *"],
    ],
    made({ "worker-ts/src/rooms/index.ts": 'export { a, type B } from "./room.ts";' }),
  ],
  [
    texts.filesStayShort,
    "no file passes the wall of 600 lines",
    [
      [made({ "worker-ts/src/rooms/room.ts": "\n".repeat(601) }), "601 lines"],
      [made({ "rust/wire/src/frame.rs": "x\n".repeat(700) }), "700 lines"],
    ],
    made({ "worker-ts/src/rooms/room.ts": "x\n".repeat(600), "docs/long.md": "x\n".repeat(900) }),
  ],
  [
    foldersStaySmall,
    "a folder is seen at one look",
    [
      [made(filled("worker-ts/src/rooms", 12)), "worker-ts/src/rooms holds 12 modules: more than 11 need a reason"],
      [made(filled("rust/kernel/src", 16)), "rust/kernel/src holds 16 modules, the wall is 15"],
      [made(filled("rust/kernel/src", 3)), "no reason is needed"],
      [made({ ...filled("tests", 11), "tests/lonely.test.ts": "" }), "tests holds 12"],
    ],
    made({
      ...filled("worker-ts/src/rooms", 11),
      ...filled("rust/fuzz/targets", 20),
      "worker-ts/src/rooms/m0.test.ts": "",
      "worker-ts/src/rooms/m1.worker.test.ts": "",
      "worker-ts/src/rooms/words.d.ts": "",
      "worker-ts/src/rooms/README.md": "",
      "worker-ts/src/rooms/tsconfig.json": "",
    }),
  ],
  [
    texts.filesOpenWithAComment,
    "each source file opens with a comment",
    [
      [made({ "worker-ts/src/a.ts": 'import "./b.ts";\n// late' }), "a.ts opens without"],
      [made({ "rust/wire/src/lib.rs": "#![no_std]\n//! late" }), "lib.rs opens without"],
      [made({ "scripts/a.mjs": "#!/usr/bin/env node\nexport {};" }), "a.mjs opens without"],
    ],
    made({
      "worker-ts/src/a.ts": "// What for.",
      "rust/wire/src/lib.rs": "//! What for.\n#![no_std]",
      "scripts/a.mjs": "#!/usr/bin/env node\n// What for.",
    }),
  ],
  [
    texts.nothingIsLeftOver,
    "no left-over markers, nothing switched off",
    [
      ...[
        `// ${"TO"}DO later`,
        `// ${"biome-"}ignore lint: no`,
        `test.${"on"}ly("x", f)`,
        `it.${"sk"}ip("x", f)`,
        `x as ${any}`,
      ].map((line) => [made({ "worker-ts/src/a.ts": `// A.\n${line}` }), "a.ts:2"] as const),
      [made({ "worker-ts/src/a.ts": `const f = (x: ${any}) => x;` }), "any"],
      [made({ "rust/wire/src/a.rs": `fn f() { ${"to"}do!() }` }), "left-over macro"],
      [made({ "rust/wire/src/a.rs": `#[${"ign"}ore]` }), "switched off"],
    ],
    made({ "worker-ts/src/a.ts": "// Any word: any of them will do; skip is a name.\nconst skip = { only: 1 };" }),
  ],
  [
    texts.noPathOfAMachine,
    "no path of somebody's machine",
    [
      [made({ "scripts/a.mjs": `const x = "${"/ro"}ot/.cargo";` }), "a.mjs:1"],
      [made({ "README.md": `see ${"/ho"}me/ada/ferrule` }), "README.md:1"],
    ],
    made({ "worker-ts/src/a.ts": 'route("/rooms/work/x")', "docs/a.md": "[home](./home/index.md)" }),
  ],
  [
    texts.vectorsAreReadByBothLanguages,
    "vectors are read by Rust or Python, and by TypeScript",
    [
      [
        made({ "tests/vectors/wire-frames.json": "[]", "rust/wire/tests/vectors.rs": '"wire-frames.json"' }),
        "no test in TypeScript",
      ],
      [
        made({ "tests/vectors/wire-frames.json": "[]", "rust/wasm/npm/src/a.test.ts": '"wire-frames.json"' }),
        "no test in Rust or Python",
      ],
      [
        made({
          "tests/vectors/form.json": "[]",
          "worker-py/tests/test_a.py": '"""Every form."""',
          "tests/worker/a.ts": '"../vectors/form.json"',
        }),
        "no test in Rust or Python",
      ],
      [
        made({ "tests/vectors/form.json": "[]", "worker-py/tests/test_form.py": '"form.json"' }),
        "no test in TypeScript",
      ],
    ],
    made({
      "tests/vectors/a.json": "[]",
      "rust/wire/tests/v.rs": '"a.json"',
      "tests/worker/v.test.ts": '"../vectors/a.json"',
      "tests/vectors/form.json": "[]",
      "worker-py/tests/test_form.py": 'vectors("form.json")',
      "tests/worker/pages.ts": '"../vectors/form.json"',
    }),
  ],
  [
    rust.onlyTheCustomsPostNamesTheBorder,
    "only rust/wasm names wasm-bindgen",
    [
      [made({ "rust/wire/src/lib.rs": "use wasm_bindgen::prelude::*;" }), "names wasm_bindgen"],
      [made({ "rust/kernel/Cargo.toml": "[dependencies]\njs-sys = '0.3'" }), "names js-sys"],
    ],
    made({
      "rust/wasm/src/lib.rs": "use wasm_bindgen::prelude::*;",
      "rust/wire/src/lib.rs": "//! Never wasm_bindgen.",
      "Cargo.toml": "wasm-bindgen = '1'",
    }),
  ],
  [
    rust.machinesAreBlindToEachOther,
    "the crates on line 0 are blind to each other",
    [
      [made({ "rust/chunk/Cargo.toml": "[dependencies]\nwire.workspace = true" }), "depends on wire"],
      [made({ "rust/crc/Cargo.toml": "[dependencies]\nwire.workspace = true" }), "depends on wire"],
    ],
    made({
      "rust/wire/Cargo.toml":
        "[package]\nname = 'wire'\n[dependencies]\ncrc.workspace = true\ncrc32fast.workspace = true",
      "rust/wasm/Cargo.toml": "wire.workspace = true",
    }),
  ],
  [
    rust.machinesAreDeafToTheWorld,
    "the crates on line 0 are deaf to the world",
    [
      [made({ "rust/kernel/src/crank.rs": "fn f() { let t = std::time::Instant::now(); }" }), "std::time"],
      [made({ "rust/chunk/src/lib.rs": 'fn f() { println!("x"); }' }), "println!"],
    ],
    made({
      "rust/kernel/src/a.rs": '// std::time\n#[cfg(test)]\nmod tests { fn f() { println!("{}", 1); } }',
      "rust/kernel/tests/a.rs": "use std::time::Instant;",
    }),
  ],
  [
    rust.wireHasNoHeap,
    "rust/wire, and the checksum below it, are no_std and have no heap",
    [
      [made({ "rust/wire/src/lib.rs": "//! Wire." }), "lacks #![no_std]"],
      [made({ "rust/crc/src/lib.rs": "//! Sums." }), "lacks #![no_std]"],
      [made({ "rust/wire/src/lib.rs": "#![no_std]\nextern crate alloc;" }), "extern crate alloc"],
      [made({ "rust/wire/src/a.rs": "use std::vec::Vec;" }), "std::"],
    ],
    made({
      "rust/wire/src/lib.rs": "#![no_std]\n#[cfg(test)]\nextern crate std;\npub mod a;",
      "rust/wire/src/a.rs": "use core::fmt;",
      "rust/wire/src/a/tests.rs": "use std::vec::Vec;",
    }),
  ],
  [
    rust.rustModulesFormNoCircle,
    "no circle of Rust modules",
    [
      [
        made({
          "rust/wire/src/lib.rs": "mod a; mod b;",
          "rust/wire/src/a.rs": "use crate::b::B;",
          "rust/wire/src/b.rs": "use crate::{a::{A, C}, limit};",
        }),
        "rust/wire/src/a.rs, rust/wire/src/b.rs",
      ],
      [
        made({ "rust/wire/src/lib.rs": "mod a;\npub struct Error;", "rust/wire/src/a.rs": "use crate::Error;" }),
        "rust/wire/src/lib.rs",
      ],
    ],
    made({
      "rust/wire/src/lib.rs": "mod a;\nmod b;\npub use crate::a::A;",
      "rust/wire/src/a.rs": "use crate::b::B;\n#[cfg(test)]\nmod tests { use crate::lib_name; }",
      "rust/wire/src/b.rs": "//! crate::a in a comment",
    }),
  ],
  [
    rust.rustFacesNameWhatTheyExport,
    "pub use names what it hands on",
    [[made({ "rust/wire/src/lib.rs": "pub use crate::frame::*;" }), "frame::*"]],
    made({ "rust/wire/src/lib.rs": "pub use crate::frame::{Index, decode};\nuse super::*;" }),
  ],
];

for (const [rule, name, bad, good] of RULES) {
  describe(name, () => {
    test("this house keeps it", () => expect(rule(house)).toEqual([]));
    test("a house that breaks it is caught", () => {
      for (const [tree, sentence] of bad) expect(rule(tree).join("\n")).toContain(sentence);
    });
    test("a house that keeps it is left alone", () => expect(rule(good)).toEqual([]));
  });
}

describe("the rules read source, not noise", () => {
  test("the tree is the whole house", () => {
    for (const path of ["package.json", "rust/wire/src/lib.rs", "worker-ts/src/index.ts", "scripts/setup.mjs"])
      expect(house.has(path)).toBe(true);
    expect([...house.keys()].filter((path) => /node_modules|\/target\/|\/dist\//.test(path))).toEqual([]);
  });
  test("imports of every sort are found, in comments and strings none", () => {
    const text = `// import "no1";\nimport a, { type B } from "m1"; import type C from "m2"; import "m3"; export { d } from "m4";
      export type { E } from "m5"; export * from "m6"; const f = await import("m7"); let g: typeof import("m8").x;
      const h = 'import "no2"'; const i = \`import "no3"\`;`;
    expect([...readModule("a.ts", text).imports].sort()).toEqual(["m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8"]);
  });
  test("Rust's comments and strings are blank", () => {
    const code = rustCode(
      `/// std::io\nlet a = "std::io \\" x"; let b = r#"std "io" "#; let c = '"'; let d: &'a str = "x"; std::fs`,
    );
    expect(code.match(/std/g)).toHaveLength(1);
  });
  test("Rust's tests are left out, also functions and modules in a file of their own", () => {
    expect(
      rustShipped("#[cfg(test)]\nmod tests;\nfn a() {}\n#[cfg(test)]\nfn b() { if x { y } }\nfn c() {}").replace(
        /\s+/g,
        " ",
      ),
    ).toBe(" fn a() {} fn c() {}");
  });
  test("a file that cannot be parsed is an error, not an empty module", () => {
    expect(() => readModule("a.ts", "import {")).toThrow("a.ts");
  });
});
