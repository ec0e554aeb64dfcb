// Somebody's use of @ferrule/core, the same in every runtime: a message goes up, is stamped, and comes down again.
import {
  Crc32,
  crc32,
  decode,
  encode,
  encodeText,
  liveHandles,
  lz4Compress,
  lz4Decompress,
  ready,
  relay,
  uuidBytes,
  WireError,
} from "@ferrule/core";

function refusal(bytes: Uint8Array): string {
  try {
    decode("up", bytes);
    return "none";
  } catch (error) {
    return error instanceof WireError ? error.code : String(error);
  }
}

export async function useCore() {
  await ready;
  const id = uuidBytes("0199a0b0-c0d0-7e0f-8011-223344556677")!;
  const kind = relay.read("up", encodeText("MSG", id, 0, "hello"));
  const stamped = relay.stamp(42, 1_795_176_000_250, 7);
  const frame = decode("down", stamped);
  const raw = new TextEncoder().encode("ferrule ".repeat(2_000));
  const sum = new Crc32().update(raw.subarray(0, 9)).update(raw.subarray(9));
  const whole = sum.digest() === crc32(raw);
  sum[Symbol.dispose]();
  return {
    kind,
    stamped: Array.from(stamped, (byte) => byte.toString(16).padStart(2, "0")).join(""),
    text: "skip" in frame || frame.kind !== "MSG" ? null : frame.body.text,
    credit: encode({ kind: "CREDIT", body: { consumed: 65_600 } }).length,
    refused: refusal(stamped),
    lz4: lz4Decompress(lz4Compress(raw), raw.length).length,
    whole,
    handles: liveHandles(),
  };
}
