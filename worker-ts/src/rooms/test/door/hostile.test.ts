// Hostile bytes at a live room: the right numbered error, nothing stored, WASM memory unchanged, other sockets undisturbed.
import { crc32, ERROR_CODE, encode, encodeText, KIND, LIMIT, lz4Compress, memoryBytes } from "@ferrule/core";
import { afterEach, beforeEach, expect, it } from "vitest";
import { freshRoom, idOf, query, RoomClient, type RoomStub } from "../../../../../tests/worker/support/room-client";

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value % 0x80) | 0x80, ...varint(Math.floor(value / 0x80))];
}

/** A frame with these flags and this body section, and a right checksum: everything behind the header is the attacker's. */
function msg(flags: number, section: readonly number[], kind: number = KIND.MSG): Uint8Array {
  const bytes = new Uint8Array([0x57, 1, kind, flags, 0, 0, 16, ...idOf(9), 0, ...section, 0, 0, 0, 0]);
  new DataView(bytes.buffer).setUint32(bytes.length - 4, crc32(bytes.subarray(0, -4)), true);
  return bytes;
}

const plain = (body: readonly number[], kind?: number) => msg(0, [...varint(body.length), ...body], kind);
const packed = (raw: number, block: Iterable<number>) => {
  const bytes = [...block];
  return msg(1, [...varint(raw), ...varint(bytes.length), ...bytes]);
};

/** A body of 20,000 bytes and its block of some 700. */
const body = Uint8Array.from({ length: 20_000 }, (_, n) => (n % 40 === 0 ? n / 40 : 98));
const block = lz4Compress(body);

let stub: RoomStub;
let bystander: RoomClient;
let memory = 0;
let attackers = 0;

beforeEach(async () => {
  stub = freshRoom("hostile");
  bystander = await RoomClient.join(stub, "bystander");
  await bystander.write(1, "before");
  await bystander.expect("MSG");
  memory = memoryBytes();
  attackers = 0;
});

/** After every attack: one entry, the same memory, and a bystander who saw nothing and can write. */
afterEach(async () => {
  expect(memoryBytes()).toBe(memory);
  expect(await query(stub, "SELECT seq FROM log")).toEqual([{ seq: 1 }]);
  expect(new Set(await bystander.rest())).toEqual(new Set(attackers > 0 ? ["PEOPLE"] : []));
  expect(bystander.closed).toBeUndefined();
  expect((await bystander.write(2, "after")).body.seq).toBe(2);
});

/** Sends bytes on a socket of their own: the code of the ERROR that answers, and of the close behind it. */
async function attack(bytes: Uint8Array): Promise<{ error: number; close: number }> {
  attackers++;
  const socket = await RoomClient.join(stub, "attacker");
  socket.send(bytes);
  return await socket.end();
}

it("R03 nine bytes that claim 1 GiB: BAD_FRAME, close 4001", async () => {
  const claim = new Uint8Array([0x57, 1, 4, 0, 0x80, 0x80, 0x80, 0x80, 4]);
  expect(await attack(claim)).toEqual({ error: ERROR_CODE.BAD_FRAME, close: 4001 });
});

const BAD = ERROR_CODE.BAD_FRAME;
const LARGE = ERROR_CODE.TOO_LARGE;

it.each([
  ["R1 of the protocol: 1 GiB from one byte", BAD, packed(2 ** 30, [0])],
  ["1 GiB from a real block", BAD, packed(2 ** 30, block)],
  ["more than 255 bytes per byte", BAD, packed(block.length * 255 + 1, block)],
  ["above the limit, within 255 bytes per byte", LARGE, packed(LIMIT.BODY_UP_BYTES_MAX + 1, block)],
  ["a byte less than the block holds", BAD, packed(body.length - 1, block)],
  ["a byte more than the block holds", BAD, packed(body.length + 1, block)],
  ["an offset before the start", BAD, packed(60, [0x1f, 0x61, 0x09, 0, 0, 0x50, 97, 97, 97, 97, 97])],
  ["a body of 1 GiB that is not there", BAD, msg(0, [...varint(2 ** 30), 0, 1, 97])],
  ["a text of 1 GiB that is not there", BAD, plain([0, ...varint(2 ** 30), 97])],
  ["a body of 32,769 bytes", LARGE, plain(new Array<number>(LIMIT.BODY_UP_BYTES_MAX + 1).fill(97))],
  ["a frame of 263 KB", LARGE, packed(64 * 2 ** 20, new Uint8Array(263_000))],
  ["bad UTF-8", BAD, plain([0, 2, 0xc3, 0x28])],
  ["an empty text", BAD, plain([0, 0])],
  ["bytes left over", BAD, plain([0, 1, 97, 98])],
])("R03 %s", async (_name, code, bytes) => {
  expect(await attack(bytes)).toEqual({ error: code, close: 4000 + code });
});

it("R05 every flipped bit of a live MSG is refused with the right code and stores nothing", async () => {
  const frame = encodeText("MSG", idOf(9), 0, "hello");
  const codes = new Map<number, number>();
  for (let bit = 0; bit < frame.length * 8; bit++) {
    const bytes = frame.slice();
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    const answer = await attack(bytes);
    const expected = bit < 8 ? ERROR_CODE.BAD_FRAME : bit < 16 ? ERROR_CODE.UNSUPPORTED : ERROR_CODE.BAD_CRC;
    expect(answer, `bit ${bit}`).toEqual({ error: expected, close: 4000 + expected });
    codes.set(answer.error, (codes.get(answer.error) ?? 0) + 1);
  }
  expect(codes.get(ERROR_CODE.BAD_CRC)).toBe(frame.length * 8 - 16);
});

const { EDIT, DELETE, REACT, UNREACT } = KIND;
/** 2^53, one more than any number may be. */
const TOO_MUCH = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10];

it.each([
  ["an EDIT to nothing", BAD, plain([1, 0], EDIT)],
  ["an EDIT in bad UTF-8", BAD, plain([1, 2, 0xc3, 0x28], EDIT)],
  ["an EDIT of 1 GiB that is not there", BAD, plain([1, ...varint(2 ** 30), 97], EDIT)],
  ["an EDIT of 1 GiB from a real block", BAD, msg(1, [...varint(2 ** 30), ...varint(block.length), ...block], EDIT)],
  ["a target of 2^53", BAD, plain([...TOO_MUCH, 1, 97], EDIT)],
  ["a target that is over-long", BAD, plain([0x81, 0], DELETE)],
  ["a DELETE without a target", BAD, plain([], DELETE)],
  ["a DELETE with something behind it", BAD, plain([1, 1], DELETE)],
  ["a REACT without an emoji", BAD, plain([1, 0], REACT)],
  ["a REACT with a space", BAD, plain([1, 3, 97, 32, 98], REACT)],
  ["a REACT with a NUL", BAD, plain([1, 1, 0], REACT)],
  ["an UNREACT with a DEL", BAD, plain([1, 1, 0x7f], UNREACT)],
])("R03 %s", async (_name, code, bytes) => {
  expect(await attack(bytes)).toEqual({ error: code, close: 4000 + code });
});

it("R03 a change above its limit: TOO_LARGE for that frame alone, and the socket stays", async () => {
  attackers++;
  const writer = await RoomClient.join(stub, "writer");
  const over = (kind: number, length: number) => plain([1, ...varint(length), ...Array<number>(length).fill(97)], kind);
  const frames = [over(EDIT, LIMIT.TEXT_BYTES_MAX + 1), over(REACT, LIMIT.EMOJI_BYTES_MAX + 1)];
  for (const frame of [...frames, over(UNREACT, LIMIT.EMOJI_BYTES_MAX + 1)])
    expect(await writer.ask(frame)).toMatchObject({ status: -LARGE });
  await writer.close();
});

it("R05 every flipped bit of an EDIT, a DELETE and a REACT is refused and changes nothing", async () => {
  const up = [
    encodeText("EDIT", idOf(9), 1, "forged"),
    encode({ kind: "DELETE", id: idOf(9), body: { target: 1 } }),
    encodeText("REACT", idOf(9), 1, "👍"),
  ];
  for (const frame of up) {
    // the first two bytes are those of every frame, as in the test above
    for (let bit = 16; bit < frame.length * 8; bit += 3) {
      const bytes = frame.slice();
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      expect(await attack(bytes)).toEqual({ error: ERROR_CODE.BAD_CRC, close: 4002 });
    }
  }
  const { messages } = await stub.page({ limit: 1, reader: null });
  expect(messages).toMatchObject([{ text: "before", editedAt: null, deletedAt: null, reactions: [] }]);
});

it("R05 every truncation of a live MSG is refused and stores nothing", async () => {
  const frame = encodeText("MSG", idOf(9), 0, "hello");
  for (let length = 0; length < frame.length; length++) {
    const expected = length < LIMIT.FRAME_BYTES_MIN ? ERROR_CODE.BAD_FRAME : ERROR_CODE.BAD_CRC;
    expect(await attack(frame.slice(0, length)), `${length} bytes`).toEqual({
      error: expected,
      close: 4000 + expected,
    });
  }
});

it("R03 a text above the limit: TOO_LARGE for that frame alone, named by its id, and the socket stays", async () => {
  attackers++;
  const writer = await RoomClient.join(stub, "writer");
  const text = new Array<number>(LIMIT.TEXT_BYTES_MAX + 1).fill(97);
  writer.send(plain([0, ...varint(text.length), ...text]));
  const refused = await writer.pick("ERROR");
  expect(refused.id).toEqual(idOf(9));
  expect(refused.body.code).toBe(ERROR_CODE.TOO_LARGE);
  writer.send({ kind: "PEOPLE_REQ", id: idOf(1), body: { refs: [1] } });
  expect((await writer.pick("PEOPLE")).id).toEqual(idOf(1));
  await writer.close();
});
