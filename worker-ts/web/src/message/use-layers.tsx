// What opens over the log at a message: the emoji to react with, the menu of everything that can be done, a picture by itself.
// They stand outside of the log, so that nothing of them is read out as news.
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { EmojiPicker } from "../emoji/emoji-picker";
import { Menu } from "../layer/menu";
import { tell } from "../layer/toast";
import { pathOf } from "../route";
import type { ShownMessage } from "../talk/underway";
import type { CardChoice } from "../text/card";
import { copyText } from "../ui/copy-text";
import type { MessageActions, ShownPicture } from "./actions";
import { ChoiceDialog } from "./choice-dialog";
import { PictureView } from "./picture-view";
import type { Rights } from "./rights";
import { menuOf } from "./toolbar";

type Layer =
  | { readonly kind: "emoji" | "menu"; readonly message: ShownMessage; readonly anchor: Element }
  | { readonly kind: "picture"; readonly picture: ShownPicture }
  | { readonly kind: "choice"; readonly choice: CardChoice; readonly text: string };

export interface Layers extends Pick<MessageActions, "pick" | "more" | "view" | "choose"> {
  /** What is open, to be drawn beside the log. */
  readonly element: (scene: {
    readonly room: string;
    readonly rights: Rights;
    readonly pinned: ReadonlySet<number>;
    readonly actions: MessageActions;
  }) => VNode | null;
}

async function copy(room: string, message: ShownMessage, what: "text" | "link"): Promise<void> {
  const link = location.origin + pathOf({ at: "room", room, seq: message.seq });
  const done = await copyText(what === "text" ? message.text : link);
  if (done) tell(what === "text" ? "Text copied." : "Link copied.");
  else tell("Your browser does not let this page copy.", { bad: true });
}

export function useLayers(): Layers {
  const [layer, setLayer] = useState<Layer>();
  const close = () => setLayer(undefined);
  /** A second press on the same button closes what it has opened. */
  const open = (kind: "emoji" | "menu") => (message: ShownMessage, anchor: Element) =>
    setLayer((old) => (old?.kind === kind && old.anchor === anchor ? undefined : { kind, message, anchor }));
  const pick = open("emoji");
  return {
    pick,
    more: open("menu"),
    view: (picture) => setLayer({ kind: "picture", picture }),
    choose: (choice, text) => setLayer({ kind: "choice", choice, text }),
    element({ room, rights, pinned, actions }) {
      if (layer === undefined) return null;
      if (layer.kind === "picture") return <PictureView picture={layer.picture} onClose={close} />;
      if (layer.kind === "choice") return <ChoiceDialog choice={layer.choice} text={layer.text} onClose={close} />;
      const { message, anchor } = layer;
      if (layer.kind === "emoji")
        return <EmojiPicker anchor={anchor} onPick={(emoji) => actions.react(message, emoji)} onClose={close} />;
      const items = menuOf({
        message,
        rights,
        now: Date.now(),
        actions,
        pinned: pinned.has(message.seq),
        onReact: () => pick(message, anchor),
        onCopy: (what) => void copy(room, message, what),
      });
      return <Menu anchor={anchor} label="More actions" items={items} onClose={close} />;
    },
  };
}
