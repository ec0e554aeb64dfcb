// The reactions under a message: each emoji once, with how many, who, and whether one is among them; and a way to add one.
import { emojiName } from "../emoji/find";
import { nameList } from "../people/people";
import type { ShownMessage } from "../talk/underway";
import { plural } from "../text/format";
import { SmileIcon } from "../ui/icons";
import type { MessageActions } from "./actions";

/** So many names in the tooltip. */
const NAMES_MAX = 12;

type Reaction = ShownMessage["reactions"][number];

/** "Ada, Bob and you", as far as names are known. */
function whoReacted({ people = [], count, mine }: Reaction): string {
  const known = people.map(({ name }) => name).filter((name) => name !== "");
  const unknown = count - known.length;
  if (known.length === 0) return mine && count === 1 ? "You" : plural(count, "person").replace("persons", "people");
  return unknown > 0 ? `${nameList(known, NAMES_MAX)} and ${unknown} more` : nameList(known, NAMES_MAX);
}

export function Reactions(props: {
  readonly message: ShownMessage;
  readonly tabIndex: 0 | -1;
  /** Whether the user may react. */
  readonly open: boolean;
  readonly actions: MessageActions;
}) {
  const { message, tabIndex, actions } = props;
  if (message.reactions.length === 0) return null;
  return (
    <ul class="reactions" aria-label="Reactions">
      {message.reactions.map((reaction) => {
        const who = `${whoReacted(reaction)} reacted with ${emojiName(reaction.emoji)}`;
        return (
          <li key={reaction.emoji}>
            <button
              type="button"
              class="reaction"
              aria-pressed={reaction.mine}
              aria-label={`${emojiName(reaction.emoji)}, ${reaction.count}`}
              title={who}
              disabled={!props.open}
              tabIndex={tabIndex}
              onClick={() => actions.react(message, reaction.emoji)}
            >
              <span class={reaction.emoji.startsWith(":") ? "emoji-name" : "emoji"}>{reaction.emoji}</span>
              <span class="reaction-count">{reaction.count}</span>
            </button>
          </li>
        );
      })}
      {props.open && (
        <li>
          <button
            type="button"
            class="reaction add"
            aria-label="Add a reaction"
            title="Add a reaction (+)"
            tabIndex={tabIndex}
            onClick={(event) => actions.pick(message, event.currentTarget)}
          >
            <SmileIcon />
          </button>
        </li>
      )}
    </ul>
  );
}
