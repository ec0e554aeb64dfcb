// Which rows are shown where, and what the reader is told they are. Chosen for what people do, not for how we look in it: where a peer is
// ahead, it stands here too.

/** One comparison of a suite. */
export interface Shown {
  readonly suite: string;
  readonly case: string;
  readonly metric: string;
  readonly peer: string;
  readonly words: string;
}

/** A table in the middle of a page. */
export interface Excerpt {
  /** Path inside the repository. */
  readonly page: string;
  /** Its marks have this name. */
  readonly name: string;
  readonly rows: readonly Shown[];
}

const of =
  (suite: string) =>
  (name: string, metric: string, peer: string, words: string): Shown => ({ suite, case: name, metric, peer, words });
const [codec, rooms, wsKit] = [of("codec"), of("rooms"), of("ws-kit")];
const [kernel, workflow, pages] = [of("kernel"), of("workflow"), of("pages")];

const HEADLINES: readonly Shown[] = [
  codec("relay-200", "time", "json", "take a message of 200 letters apart and pass it on"),
  codec("size-40", "size", "json", "bytes of a message of 40 letters"),
  codec("decode-1000", "time", "json", "read 1,000 letters in JavaScript"),
  codec("crc32-1m", "throughput", "crc32fast-wasm", "CRC-32 of a megabyte"),
  rooms("fanout-200", "sustained", "partyserver", "messages a second into a room of 200 sockets"),
  rooms("fanout-1", "p99", "partyserver", "the slowest hundredth, alone in a room"),
  rooms("resume-1000", "time", "partyserver", "1,000 missed messages after a reconnect"),
  wsKit("broadcast-1000", "processor", "partyserver", "one message to 1,000 sockets"),
  wsKit("topic-1pct-5000", "inside alone of 4900 sockets", "crossws", "a topic that one in a hundred hears"),
  wsKit("dispatch", "processor", "crossws", "hand a message to its handler"),
  kernel("durable-100", "throughput", "ocap-kernel-memory", "100 messages, each durable; the peer keeps none"),
  workflow("sequential-100", "exec", "world-postgres", "100 steps, one after another"),
  workflow("parallel-100", "exec", "world-local", "100 steps at once"),
  workflow("stream-first-byte", "mean", "world-postgres", "the first byte of a stream"),
  pages("hello-py", "rate of 8", "hello-ts", "the page in Python instead of TypeScript"),
];

const durable = (at: number, store: "the object's own" | "D1"): readonly Shown[] =>
  ["ocap-kernel-memory", "ocap-kernel-file", "capnweb-memory"].map((peer) =>
    kernel(`durable-${at}${store === "D1" ? "-d1" : ""}`, "throughput", peer, `${at} at once, ${store}`),
  );

const KERNEL: readonly Shown[] = [
  ...[1, 10, 100].flatMap((at) => durable(at, "the object's own")),
  ...[1, 10, 100].flatMap((at) => durable(at, "D1")),
];

const PYTHON: readonly Shown[] = [
  pages("hello-py", "processor", "hello-ts", "hello: processor time"),
  pages("form-py", "processor", "form-ts", "the form: processor time"),
  pages("counter-py", "processor", "counter-ts", "the counter: processor time"),
  pages("hello-py", "rate of 8", "hello-ts", "hello: answers a second to eight callers"),
  pages("counter-py", "rate of 8", "counter-ts", "the counter: answers a second to eight callers"),
  pages("start-snapshot", "first answer", "start-plain", "first answer with the snapshot, beside none"),
];

const WORKFLOW: readonly Shown[] = [
  workflow("sequential-100", "exec", "world-local", "100 steps in a row"),
  workflow("sequential-100", "exec", "world-postgres", "100 steps in a row"),
  workflow("parallel-100", "exec", "world-local", "100 steps at once"),
  workflow("parallel-100", "exec", "world-postgres", "100 steps at once"),
  workflow("hook", "resume to end", "world-postgres", "from a hook's answer to the end"),
  workflow("stream-first-byte", "mean", "world-postgres", "the first byte of a stream"),
  workflow("stream-p99-ms", "p99", "bare object, stored", "the slowest hundredth of chunks"),
  workflow("stream-p99-ms", "p99", "r2-polling", "the slowest hundredth of chunks"),
];

const WS_KIT: readonly Shown[] = [
  ...["partyserver", "crossws", "bare"].map((peer) => wsKit("dispatch", "processor", peer, "a message and its answer")),
  ...["partyserver", "crossws", "bare"].map((peer) =>
    wsKit("broadcast-1000", "processor", peer, "a message to 1,000 sockets, each copy"),
  ),
  ...["partyserver", "crossws"].map((peer) =>
    wsKit("broadcast-5000", "processor of 3200 sockets", peer, "a message to 3,200 sockets, each copy"),
  ),
  wsKit(
    "topic-1pct-5000",
    "processor of 4900 sockets",
    "crossws",
    "a topic that 49 of 4,900 sockets are subscribed to",
  ),
  wsKit("federate-10x1000", "processor of 900 sockets", "bare calls", "ten rooms of 900: `publishGlobal`, each copy"),
];

export const EXCERPTS: readonly Excerpt[] = [
  { page: "README.md", name: "headlines", rows: HEADLINES },
  { page: "docs/kernel.md", name: "kernel", rows: KERNEL },
  { page: "docs/python.md", name: "python", rows: PYTHON },
  { page: "docs/workflow.md", name: "workflow", rows: WORKFLOW },
  { page: "worker-ts/src/ws-kit/README.md", name: "ws-kit", rows: WS_KIT },
];
