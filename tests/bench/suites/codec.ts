// The codec against JSON, msgpackr, lz4-wasm and crc32fast: relay, encode, decode, size, LZ4 and CRC-32, with native Rust beside.
import assert from "node:assert/strict";
import { crc32 as zlibCrc32 } from "node:zlib";
import { crc32, decode, encode, encodeText, lz4Compress, lz4Decompress, relay } from "@ferrule/core";
// The exports behind the face, of the same instance: the face copies in whatever it is given.
import * as core from "../../../rust/wasm/npm/generated/ferrule.js";
import { nativeCeiling } from "../codec/ceiling.ts";
import { type Message, messages, noise, page, STAMP, VARIETY } from "../codec/messages.ts";
import { json, msgpackr } from "../codec/text-formats.ts";
import { loadCrc32Wasm, loadLz4Wasm } from "../codec/wasm-peers.ts";
import type { Contender } from "../harness/measure.ts";
import type { Case, Suite } from "../harness/suite.ts";

const { ts, sender } = STAMP;

/** A contender that does `work` on the inputs in turn; `work` returns a number taken from its result. */
function over<Input>(name: string, inputs: readonly Input[], work: (input: Input, seq: number) => number): Contender {
  const run = (times: number): number => {
    let sum = 0;
    for (let i = 0; i < times; i++) sum += work(inputs[i % VARIETY]!, i + 1);
    return sum;
  };
  return { name, run };
}

const ownUp = ({ id, replyTo, text }: Message): Uint8Array => encodeText("MSG", id, replyTo, text);
const ownDown = ({ seq, ts, id, sender, replyTo, text }: Message): Uint8Array =>
  encode({ kind: "MSG", seq, ts, id, sender, body: { replyTo, text } });

/** What is left of a frame of ours when it is compared with a message. */
function told(bytes: Uint8Array): object {
  const frame = decode("down", bytes);
  assert.ok(!("skip" in frame) && frame.kind === "MSG");
  const { seq, ts, id, sender, body } = frame;
  return { seq, ts, id: Buffer.from(id ?? []).toString("hex"), sender, replyTo: body.replyTo, text: body.text };
}
const expected = ({ id, replyTo, text }: Message, seq: number): object => ({
  seq,
  ts,
  id: Buffer.from(id).toString("hex"),
  sender,
  replyTo,
  text,
});

/** A frame from a client, stamped and ready for every socket: one slice of ours, a string of JSON, a buffer of msgpackr. */
function prepareRelay(length: number): Contender[] {
  const all = messages(length);
  const frames = all.map(ownUp);
  const texts = all.map(json.text);
  const packed = all.map((message) => msgpackr.encode(message).slice());
  const ours = (bytes: Uint8Array, seq: number): Uint8Array => {
    if (relay.read("up", bytes) < 0) throw new Error("refused");
    return relay.stamp(seq, ts, sender);
  };
  for (const [i, message] of all.entries()) {
    const asJson = json.relay(texts[i]!, 9, ts, sender);
    assert.deepEqual(told(ours(frames[i]!, 9)), expected(message, 9));
    assert.deepEqual(JSON.parse(asJson), {
      ...JSON.parse(asJson),
      seq: 9,
      ts,
      sender,
      id: message.uuid,
      text: message.text,
    });
    assert.deepEqual({ ...msgpackr.decode(msgpackr.relay(packed[i]!, 9, ts, sender)) }, JSON.parse(asJson));
  }
  return [
    over("ours", frames, (bytes, seq) => ours(bytes, seq).length),
    over("json", texts, (text, seq) => json.relay(text, seq, ts, sender).length),
    over("msgpackr", packed, (bytes, seq) => msgpackr.relay(bytes, seq, ts, sender).length),
  ];
}

/** A message from JavaScript values to bytes that can be sent. */
function prepareEncode(length: number): Contender[] {
  const all = messages(length);
  for (const message of all) {
    relay.read("up", ownUp(message));
    assert.deepEqual(told(relay.stamp(9, ts, sender)), expected(message, 9));
  }
  return [
    over("ours", all, (message) => ownUp(message).length),
    over("json", all, (message) => json.encode(message).length),
    over("msgpackr", all, (message) => msgpackr.encode(message).length),
  ];
}

/**
 * Bytes from a server to an object with all its fields. Ours would leave the id and the text in the frame until somebody asks, so both
 * are read; it also checks a CRC-32 and the UTF-8.
 */
function prepareDecode(length: number): Contender[] {
  const all = messages(length);
  const frames = all.map(ownDown);
  for (const [i, message] of all.entries()) assert.deepEqual(told(frames[i]!), expected(message, message.seq));
  const ours = (bytes: Uint8Array): number => {
    const frame = decode("down", bytes);
    if ("skip" in frame || frame.kind !== "MSG" || frame.id === null) throw new Error("refused");
    return frame.seq + frame.id.length + frame.body.text.length;
  };
  const read = ({ seq, id, text }: { seq: number; id: string; text: string }) => seq + id.length + text.length;
  return [
    over("ours", frames, ours),
    over("json", all.map(json.encodeDown), (bytes) => read(json.decode(bytes))),
    over(
      "msgpackr",
      all.map((message) => msgpackr.encodeDown(message).slice()),
      (bytes) => read(msgpackr.decode(bytes)),
    ),
  ];
}

/** Bytes on the wire of a message with ASCII text. */
function prepareSize(length: number): Contender[] {
  const message: Message = { ...messages(length)[0]!, text: "a".repeat(length) };
  return [
    { name: "ours", run: () => ownDown(message).length },
    { name: "json", run: () => json.encodeDown(message).length },
    { name: "msgpackr", run: () => msgpackr.encodeDown(message).length },
  ];
}

async function prepareLz4(bytes: number): Promise<Contender[]> {
  const peer = await loadLz4Wasm();
  const raw = page(bytes);
  const own = lz4Compress(raw);
  const theirs = peer.compress(raw);
  assert.deepEqual(Buffer.from(lz4Decompress(own, bytes)), Buffer.from(raw));
  assert.deepEqual(Buffer.from(peer.decompress(theirs)), Buffer.from(raw));
  // The same block for both: theirs without the length in front.
  const block = theirs.slice(4);
  assert.deepEqual(Buffer.from(lz4Decompress(block, bytes)), Buffer.from(raw));
  return [
    over("ours", Array<Uint8Array>(VARIETY).fill(block), (input) => lz4Decompress(input, bytes).length),
    over("lz4-wasm", Array<Uint8Array>(VARIETY).fill(theirs), (input) => peer.decompress(input).length),
  ];
}

/** Bytes that lie in WASM memory already, as those of frames and segments do. */
async function prepareCrc(bytes: number): Promise<Contender[]> {
  const peer = await loadCrc32Wasm();
  const input = noise(bytes);
  new Uint8Array(core.arenaMemory().buffer, core.inAt(), bytes).set(input);
  peer.bringIn(input);
  const ours = (n: number): number => core.crc32(0, n);
  const theirs = (n: number): number => peer.crc32Inside(n);
  for (const sum of [ours(bytes), theirs(bytes)]) assert.equal(sum >>> 0, zlibCrc32(input));
  const inputs = Array<number>(VARIETY).fill(bytes);
  return [over("ours", inputs, ours), over("crc32fast-wasm", inputs, theirs)];
}

/** The same bytes from a JavaScript array, which both have to copy in. */
async function prepareCrcCopied(bytes: number): Promise<Contender[]> {
  const peer = await loadCrc32Wasm();
  const input = noise(bytes);
  for (const sum of [crc32(input), peer.crc32(input)]) assert.equal(sum >>> 0, zlibCrc32(input));
  const inputs = Array<Uint8Array>(VARIETY).fill(input);
  return [over("ours", inputs, (one) => crc32(one)), over("crc32fast-wasm", inputs, (one) => peer.crc32(one))];
}

const RELAY = { json: 2, msgpackr: 2.5 };
const KIB = 1024;

const cases: readonly Case[] = [
  { name: "relay-40", metric: "time", goals: RELAY, prepare: () => prepareRelay(40) },
  { name: "relay-200", metric: "time", goals: RELAY, quick: true, prepare: () => prepareRelay(200) },
  ...[40, 200, 4000].map(
    (length): Case => ({
      name: `encode-${length}`,
      metric: "time",
      goals: { json: 1.5 },
      quick: length === 200,
      prepare: () => prepareEncode(length),
    }),
  ),
  ...[40, 200, 1000].map(
    (length): Case => ({
      name: `decode-${length}`,
      metric: "time",
      goals: { json: 1 },
      prepare: () => prepareDecode(length),
    }),
  ),
  // Ours at most 0.7 of JSON's bytes.
  { name: "size-40", metric: "size", goals: { json: 1 / 0.7 }, quick: true, prepare: () => prepareSize(40) },
  {
    name: "lz4-decompress-16k",
    metric: "throughput",
    bytes: 16 * KIB,
    goals: { "lz4-wasm": 1.2 },
    quick: true,
    prepare: () => prepareLz4(16 * KIB),
  },
  ...[
    { size: "16k", bytes: 16 * KIB, goal: 2.5 },
    { size: "1m", bytes: KIB * KIB, goal: 4 },
  ].flatMap(({ size, bytes, goal }): Case[] => {
    const same = { metric: "throughput", bytes, quick: true } as const;
    const [inside, copied] = [`crc32-${size}`, `crc32-${size}-copied`];
    return [
      { ...same, name: inside, goals: { "crc32fast-wasm": goal }, prepare: () => prepareCrc(bytes) },
      { ...same, name: copied, goals: {}, prepare: () => prepareCrcCopied(bytes) },
    ];
  }),
];

/** The suite `codec`. */
export const suite: Suite = { name: "codec", cases, ceiling: nativeCeiling };
