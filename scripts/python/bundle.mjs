// Packs the npm package `pyodide` into the bundle from which workerd reads its development Python. Pure: bytes in, bytes out.
// It reads npm pyodide alone and holds no code of workerd's; what it knows of workerd are facts: the names of three modules, of the
// functions that its own module "builtin_wrappers" offers, and the positions of the fields in the bundle's message.

const WRAPPED = [
  "addEventListener",
  "getRandomValues",
  "location",
  "monotonicDateNow",
  "newWasmModule",
  "wasmInstantiate",
];
const FACTORY = "_createPyodideModule";

/** What pyodide's loader says (for people, and as a pattern), what it must say here, and why. */
const SUBSTITUTIONS = [
  [
    "new WebAssembly.Module",
    /new WebAssembly\.Module\b/g,
    "newWasmModule",
    "code generation is refused outside the wrapper",
  ],
  [
    "WebAssembly.instantiate(",
    /WebAssembly\.instantiate\(/g,
    "wasmInstantiate(",
    "code generation is refused outside the wrapper",
  ],
  [
    "crypto.getRandomValues(",
    /crypto\.getRandomValues\(/g,
    "getRandomValues(Module,",
    "there is no randomness at start-up",
  ],
  ["Date.now", /\bDate\.now\b/g, "monotonicDateNow", "the clock stands still at start-up"],
  [
    `export default ${FACTORY}`,
    new RegExp(`export default ${FACTORY};?`, "g"),
    `export default ${FACTORY}; export { ${FACTORY} };`,
    "workerd imports it by its name",
  ],
];

/** The loader as workerd's Python can run it. Throws, and names the first, when one of the expected names is not in it. */
export function adaptLoader(source) {
  let adapted = source;
  for (const [name, pattern, replacement, why] of SUBSTITUTIONS) {
    if (adapted.search(pattern) < 0)
      throw new Error(`this pyodide is not the expected one: "${name}" is not in pyodide.asm.mjs (${why})`);
    adapted = adapted.replace(pattern, replacement);
  }
  return `import { ${WRAPPED.join(", ")} } from "pyodide-internal:builtin_wrappers";\n${adapted}`;
}

// Bundle { modules @0 :List(Module) } of workerd's modules.capnp. A Module is one data word (its type u16 at byte 0, which payload
// u16 at byte 2) and four pointers (0 the name, 1 the payload).
const PAYLOAD = { src: 0, wasm: 1, data: 2 };
const TYPE_INTERNAL = 2;
const DATA_WORDS = 1;
const POINTER_WORDS = 4;
const MODULE_WORDS = DATA_WORDS + POINTER_WORDS;
// Cap'n Proto's encoding (capnproto.org/encoding.html): element sizes of lists.
const LIST_OF_BYTES = 2;
const LIST_OF_STRUCTS = 7;
const WORD = 8;

/** A Cap'n Proto message of one segment: the list of modules, each `{ name, kind, content }`. */
export function encodeBundle(modules) {
  const parts = [];
  let words = 0;
  const add = (count) => {
    const part = { bytes: Buffer.alloc(count * WORD), at: words };
    parts.push(part.bytes);
    words += count;
    return part;
  };
  /** Writes a list pointer into `holder`, at the word `at` of the segment. */
  const pointTo = (holder, at, target, kind, count) => {
    const offset = (at - holder.at) * WORD;
    holder.bytes.writeInt32LE(((target - at - 1) << 2) | 1, offset);
    holder.bytes.writeUInt32LE(((count << 3) | kind) >>> 0, offset + 4);
  };
  const addBytes = (holder, at, content) => {
    const part = add(Math.ceil(content.length / WORD));
    content.copy(part.bytes);
    pointTo(holder, at, part.at, LIST_OF_BYTES, content.length);
  };

  const top = add(1);
  const bundle = add(1);
  top.bytes.writeInt32LE((bundle.at - top.at - 1) << 2, 0); // a struct of no data words
  top.bytes.writeUInt16LE(1, 6); // and one pointer
  const list = add(1 + modules.length * MODULE_WORDS);
  pointTo(bundle, bundle.at, list.at, LIST_OF_STRUCTS, modules.length * MODULE_WORDS);
  list.bytes.writeInt32LE(modules.length << 2, 0); // the word that tells what the list's elements look like
  list.bytes.writeUInt16LE(DATA_WORDS, 4);
  list.bytes.writeUInt16LE(POINTER_WORDS, 6);
  for (const [index, { name, kind, content }] of modules.entries()) {
    const base = 1 + index * MODULE_WORDS;
    list.bytes.writeUInt16LE(TYPE_INTERNAL, base * WORD);
    list.bytes.writeUInt16LE(PAYLOAD[kind], base * WORD + 2);
    addBytes(list, list.at + base + DATA_WORDS, Buffer.from(`${name}\0`));
    addBytes(list, list.at + base + DATA_WORDS + 1, content);
  }
  const head = Buffer.alloc(WORD); // one segment, and its length in words
  head.writeUInt32LE(words, 4);
  return Buffer.concat([head, ...parts]);
}

/** The bundle made of three files of npm pyodide. `read` gives one by its name. */
export function makeBundle(read) {
  const loader = Buffer.from(adaptLoader(read("pyodide.asm.mjs").toString("utf8")));
  return encodeBundle([
    { name: "pyodideRuntime-internal:pyodide.asm", kind: "src", content: loader },
    { name: "pyodideRuntime-internal:pyodide.asm.wasm", kind: "wasm", content: read("pyodide.asm.wasm") },
    { name: "pyodideRuntime-internal:python_stdlib.zip", kind: "data", content: read("python_stdlib.zip") },
  ]);
}
