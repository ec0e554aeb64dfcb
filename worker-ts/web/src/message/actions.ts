// What can be done at the rows of the log: the one list of callbacks that they are given. Shapes only.
import type { Gap } from "../../../src/client";
import type { ShownMessage } from "../talk/underway";
import type { CardChoice } from "../text/card";

export interface MessageActions {
  readonly reply: (message: ShownMessage) => void;
  readonly edit: (message: ShownMessage) => void;
  /** Deletes, in a moment. */
  readonly remove: (message: ShownMessage) => void;
  /** Takes a deletion back. */
  readonly keep: (message: ShownMessage) => void;
  /** Puts an own reaction on, or takes it off. */
  readonly react: (message: ShownMessage, emoji: string) => void;
  /** Opens what offers emoji, beside what was pressed. */
  readonly pick: (message: ShownMessage, anchor: Element) => void;
  /** Opens the menu of everything that can be done, beside what was pressed. */
  readonly more: (message: ShownMessage, anchor: Element) => void;
  readonly pin: (message: ShownMessage, on: boolean) => void;
  readonly resend: (clientId: string) => void;
  readonly discard: (clientId: string) => void;
  /** Shows the message with this seq; `from` is the key of the one that answers it. */
  readonly jump: (seq: number, from: string) => void;
  /** Loads the end of a stretch that was skipped. */
  readonly load: (gap: Gap) => void;
  /** Shows a picture as large as it goes. */
  readonly view: (file: ShownPicture) => void;
  /** Asks whether a card is to be answered so; `text` is what the card says. */
  readonly choose: (choice: CardChoice, text: string) => void;
}

/** A picture to be looked at. */
export interface ShownPicture {
  readonly name: string;
  readonly path: string;
  readonly size: number;
  readonly width: number;
  readonly height: number;
}
