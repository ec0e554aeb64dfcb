// What the programs of tests/packages/programs give, wherever they run.

/** Of core.ts, machine.ts, stream.ts and init.ts. */
export const CORE = {
  core: {
    kind: 4,
    // E4 of PROTOCOL.md section 18.
    stamped: "570104002afad5cfc69f34100199a0b0c0d07e0f80112233445566770707000568656c6c6fd43065cc",
    text: "hello",
    credit: 16,
    refused: "bad_stamp",
    lz4: 16_000,
    whole: true,
    handles: 0,
  },
  machine: { told: ["start", "deliver", "deliver"], rows: true, refused: "BadRow", handles: 0 },
  stream: { next: 10, words: ["one", "two", "three"], refused: "BadKind", handles: 0 },
  init: { crc: "cbf43926", status: "object", next: 3 },
};

/** Of talk.ts. */
export const TALK = {
  heard: [
    { text: "hello", author: "ada", mine: false, answer: false },
    { text: "hi", author: "bob", mine: true, answer: true },
  ],
  view: 2,
  page: ["hello", "hi"],
  refused: "bad_request",
  title: "Somebody's",
};

/** What worker.ts answers, by path; the kernel counts how often it is asked. */
export const ANSWERS: Readonly<Record<string, unknown>> = {
  ...Object.fromEntries(Object.entries(CORE).map(([name, came]) => [`/${name}`, came])),
  "/client": "too_short",
  "/kernel": "#1",
  "/kernel-in-d1": "the rows of kernel demo lie in D1: bind a database as DB",
};
