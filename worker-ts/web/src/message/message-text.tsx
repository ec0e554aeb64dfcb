// What a message says. Text is drawn as text, never as markup; addresses become links that tell nothing to where they lead.

import type { FileInfo } from "../../../src/client";
import { EMOJI_PATTERN } from "../emoji/find";
import { now } from "../platform";
import type { ShownMessage } from "../talk/underway";
import { type CardChoice, type CardLink, cardParts, isBot, ownTimes } from "../text/card";
import { onlyNames } from "../text/file";
import { momentLabel } from "../text/format";
import { linkify } from "../text/linkify";
import type { MessageActions } from "./actions";

/** So many emoji alone are drawn large. */
const LARGE_MAX = 6;
const ONLY_EMOJI = new RegExp(`^(?:${EMOJI_PATTERN}\\s*){1,${LARGE_MAX}}$`, "v");

export function MessageText(props: {
  readonly id: string;
  readonly message: ShownMessage;
  readonly files: readonly FileInfo[];
  readonly tabIndex: 0 | -1;
  readonly onChoose: MessageActions["choose"];
}) {
  const { id, message, files } = props;
  if (message.deletedAt !== null || (message.text === "" && files.length === 0)) {
    return (
      <p id={id} class="text erased">
        This message was deleted.
      </p>
    );
  }
  if (onlyNames(message.text, files)) {
    return (
      <p id={id} class="sr-only">
        {files.length === 1 ? "A file" : `${files.length} files`}
      </p>
    );
  }
  const card = isBot(message.author.id)
    ? cardParts(ownTimes(message.text, (at) => momentLabel(at, now())))
    : { text: message.text, links: [] };
  return (
    <>
      <p id={id} class={ONLY_EMOJI.test(card.text) ? "text large emoji" : "text"} dir="auto">
        {linkify(card.text).map((part) =>
          part.href === undefined ? (
            part.text
          ) : (
            <a
              href={part.href}
              // Where it really leads, whatever alphabet it is written in.
              title={part.href === part.text ? undefined : part.href}
              target="_blank"
              rel="noopener noreferrer nofollow"
              tabIndex={props.tabIndex}
            >
              {part.text}
            </a>
          ),
        )}
      </p>
      {card.links.length > 0 && (
        <CardLinks
          links={card.links}
          tabIndex={props.tabIndex}
          onChoose={(choice) => props.onChoose(choice, card.text)}
        />
      )}
    </>
  );
}

/** What one may do with a card. A choice is asked once more here; in a tab of its own its page asks. */
function CardLinks(props: {
  readonly links: readonly CardLink[];
  readonly tabIndex: 0 | -1;
  readonly onChoose: (choice: CardChoice) => void;
}) {
  const press = (event: MouseEvent, choice: CardChoice | undefined) => {
    if (choice === undefined || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    props.onChoose(choice);
  };
  return (
    <p class="card-links">
      {props.links.map(({ word, href, choice }) => (
        <a
          key={word}
          class="button small"
          href={href}
          target="_blank"
          rel="noopener"
          tabIndex={props.tabIndex}
          onClick={(event) => press(event, choice)}
        >
          {word}
        </a>
      ))}
    </p>
  );
}
