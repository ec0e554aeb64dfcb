// What a key does to the message that has the focus. Pure: gives back what to do, does nothing itself.
import type { ShownMessage } from "../talk/underway";
import type { MessageActions } from "./actions";
import { mayAnswer, mayDelete, mayEdit, mayPin, type Rights } from "./rights";

export interface ShortcutScene {
  readonly rights: Rights;
  readonly pinned: boolean;
  readonly actions: MessageActions;
  /** The message's element: what opens, opens beside it. */
  readonly element: Element;
  /** Its key in the log. */
  readonly id: string;
  /** The way back of a jump; undefined when there is none. */
  readonly back: (() => void) | undefined;
  readonly now: number;
}

export function shortcut(key: string, message: ShownMessage, scene: ShortcutScene): (() => void) | undefined {
  const { rights, actions, element, now } = scene;
  const when = (may: boolean, act: () => void) => (may ? act : undefined);
  switch (key.length === 1 ? key.toLowerCase() : key) {
    case "r":
      return when(mayAnswer(message, rights), () => actions.reply(message));
    case "e":
      return when(mayEdit(message, rights, now), () => actions.edit(message));
    case "+":
      return when(mayAnswer(message, rights), () => actions.pick(message, element));
    case "p":
      return when(mayPin(message, rights), () => actions.pin(message, !scene.pinned));
    case "m":
      return when(message.deletedAt === null && message.leaving === undefined, () => actions.more(message, element));
    case "u":
      return when(message.leaving === "undo", () => actions.keep(message));
    case "Delete":
      return when(mayDelete(message, rights), () => actions.remove(message));
    case "Enter":
      return when(message.replyTo !== null, () => actions.jump(message.replyTo!, scene.id));
    case "Backspace":
      return scene.back;
    default:
      return undefined;
  }
}
