// What the HTTP side of rooms must know of the wire protocol: it names no core itself, and nothing is written down twice.
import { LIMIT } from "@ferrule/core";

/** The subprotocol that a socket must offer and is answered. */
export const SUBPROTOCOL = "ferrule.v1";
/** Most bytes of UTF-8 in a message's text, in a room's title, and in the emoji of a reaction. */
export const { TEXT_BYTES_MAX, TITLE_BYTES_MAX, EMOJI_BYTES_MAX } = LIMIT;
