// What can be done with a message: the few buttons at its corner, and the menu behind the last of them.
import type { VNode } from "preact";
import type { MenuItem } from "../layer/menu";
import type { ShownMessage } from "../talk/underway";
import { BinIcon, CopyIcon, EditIcon, LinkIcon, MoreIcon, PinIcon, ReplyIcon, SmileIcon } from "../ui/icons";
import type { MessageActions } from "./actions";
import { mayAnswer, mayDelete, mayEdit, mayPin, type Rights } from "./rights";

export interface ToolbarProps {
  readonly message: ShownMessage;
  readonly name: string;
  readonly rights: Rights;
  readonly now: number;
  readonly tabIndex: 0 | -1;
  readonly actions: MessageActions;
}

export function Toolbar(props: ToolbarProps) {
  const { message, name, rights, tabIndex, actions } = props;
  const button = (label: string, title: string, icon: VNode, act: (anchor: Element) => void) => (
    <button
      type="button"
      class="icon-button"
      aria-label={label}
      title={title}
      tabIndex={tabIndex}
      onClick={(event) => act(event.currentTarget)}
    >
      {icon}
    </button>
  );
  return (
    <div class="actions">
      {mayAnswer(message, rights) && (
        <>
          {button(`React to ${name}`, "React (+)", <SmileIcon />, (anchor) => actions.pick(message, anchor))}
          {button(`Reply to ${name}`, "Reply (R)", <ReplyIcon />, () => actions.reply(message))}
        </>
      )}
      {mayEdit(message, rights, props.now) &&
        button("Edit the message", "Edit (E)", <EditIcon />, () => actions.edit(message))}
      {button("More actions", "More (M)", <MoreIcon />, (anchor) => actions.more(message, anchor))}
    </div>
  );
}

/** Everything that can be done, for the menu. */
export function menuOf(
  props: Omit<ToolbarProps, "tabIndex" | "name"> & {
    readonly pinned: boolean;
    readonly onReact: () => void;
    readonly onCopy: (what: "text" | "link") => void;
  },
): readonly (MenuItem | null)[] {
  const { message, rights, actions, pinned } = props;
  const item = (may: boolean, made: MenuItem): readonly MenuItem[] => (may ? [made] : []);
  const answers = mayAnswer(message, rights);
  const write = [
    ...item(answers, { label: "React", icon: <SmileIcon />, hint: "+", onChoose: props.onReact }),
    ...item(answers, { label: "Reply", icon: <ReplyIcon />, hint: "R", onChoose: () => actions.reply(message) }),
    ...item(mayEdit(message, rights, props.now), {
      label: "Edit",
      icon: <EditIcon />,
      hint: "E",
      onChoose: () => actions.edit(message),
    }),
    ...item(mayPin(message, rights), {
      label: pinned ? "Unpin" : "Pin",
      icon: <PinIcon />,
      hint: "P",
      onChoose: () => actions.pin(message, !pinned),
    }),
  ];
  const copy: readonly MenuItem[] = [
    { label: "Copy text", icon: <CopyIcon />, onChoose: () => props.onCopy("text") },
    { label: "Copy link", icon: <LinkIcon />, onChoose: () => props.onCopy("link") },
  ];
  const remove = item(mayDelete(message, rights), {
    label: "Delete",
    icon: <BinIcon />,
    hint: "Del",
    danger: true,
    onChoose: () => actions.remove(message),
  });
  return [...write, ...(write.length > 0 ? [null] : []), ...copy, ...(remove.length > 0 ? [null] : []), ...remove];
}
