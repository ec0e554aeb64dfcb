// The peers of the message cases: JSON, and msgpackr as its README recommends it (records with shared structures, known
// to both ends beforehand). Ids are UUID strings for both, which is what programs send and what is quicker for msgpackr.
import { Packr } from "msgpackr";
import type { Message } from "./messages.ts";

/** What a client sends: the fields that a server cannot know by itself. */
export const upward = ({ kind, uuid, replyTo, text }: Message) => ({ kind, id: uuid, replyTo, text });

/** What everybody gets. */
export const downward = ({ kind, seq, ts, uuid, sender, replyTo, text }: Message) => ({
  kind,
  seq,
  ts,
  id: uuid,
  sender,
  replyTo,
  text,
});

type Up = ReturnType<typeof upward>;
type Down = ReturnType<typeof downward>;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** JSON. Its relay goes from text to text, since a WebSocket takes text: no UTF-8 is counted against it there. */
export const json = {
  encode: (message: Message): Uint8Array => encoder.encode(JSON.stringify(upward(message))),
  encodeDown: (message: Message): Uint8Array => encoder.encode(JSON.stringify(downward(message))),
  text: (message: Message): string => JSON.stringify(upward(message)),
  relay(text: string, seq: number, ts: number, sender: number): string {
    const { kind, id, replyTo, text: words }: Up = JSON.parse(text);
    return JSON.stringify({ kind, seq, ts, id, sender, replyTo, text: words });
  },
  decode: (bytes: Uint8Array): Down => JSON.parse(decoder.decode(bytes)),
};

const packr = new Packr({ structures: [] });

/** msgpackr. What `pack` returns is not written to again, so it may be sent as it is. */
export const msgpackr = {
  encode: (message: Message): Uint8Array => packr.pack(upward(message)),
  encodeDown: (message: Message): Uint8Array => packr.pack(downward(message)),
  relay(bytes: Uint8Array, seq: number, ts: number, sender: number): Uint8Array {
    const { kind, id, replyTo, text }: Up = packr.unpack(bytes);
    return packr.pack({ kind, seq, ts, id, sender, replyTo, text });
  },
  decode: (bytes: Uint8Array): Down => packr.unpack(bytes),
};
