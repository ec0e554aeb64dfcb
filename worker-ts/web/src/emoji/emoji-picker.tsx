// Offers emoji: what was used last, all of the table by group, and any other that is typed or pasted. Arrow keys walk through them.
import { useMemo, useState } from "preact/hooks";
import { Popover } from "../layer/popover";
import { recall, remember } from "../ui/storage";
import { ALL, asReaction, type Emoji, emojiName, FAVOURITES, findEmoji, withRecent } from "./find";

const RECENT = "emoji";

function recentOnes(): readonly string[] {
  const kept = (recall(RECENT) ?? "").split(" ").filter((emoji) => asReaction(emoji) !== undefined);
  return [...kept, ...FAVOURITES.filter((emoji) => !kept.includes(emoji))].slice(0, 16);
}

/** The button that an arrow key leads to, in a grid of rows as they are laid out. */
function neighbour(key: string, buttons: readonly HTMLElement[], at: number): HTMLElement | undefined {
  if (key === "ArrowRight") return buttons[at + 1];
  if (key === "ArrowLeft") return buttons[at - 1];
  const from = buttons[at]!.getBoundingClientRect();
  const down = key === "ArrowDown";
  const rows = (down ? buttons.slice(at + 1) : buttons.slice(0, at).reverse()).map((button) => ({
    button,
    box: button.getBoundingClientRect(),
  }));
  const next = rows.find(({ box }) => (down ? box.top > from.top + 4 : box.top < from.top - 4));
  if (next === undefined) return undefined;
  // Of that row, the one that stands nearest.
  const row = rows.filter(({ box }) => Math.abs(box.top - next.box.top) < 4);
  return row.sort((a, b) => Math.abs(a.box.left - from.left) - Math.abs(b.box.left - from.left))[0]?.button;
}

const ARROWS = ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"];

function walk(event: KeyboardEvent): void {
  if (!ARROWS.includes(event.key)) return;
  const box = event.currentTarget as HTMLElement;
  const target = event.target as HTMLElement;
  const buttons = [...box.querySelectorAll<HTMLElement>(".emoji-choice")];
  const at = buttons.indexOf(target);
  // In the text field, left and right belong to the text.
  if (at === -1 && event.key !== "ArrowDown") return;
  event.preventDefault();
  const next = at === -1 ? buttons[0] : neighbour(event.key, buttons, at);
  (next ?? (event.key === "ArrowUp" ? box.querySelector("input") : undefined))?.focus();
}

function Group(props: {
  readonly title: string;
  readonly list: readonly Emoji[];
  readonly onPick: (emoji: string) => void;
}) {
  return (
    <section class="emoji-group">
      <h3>{props.title}</h3>
      <div class="emoji-grid">
        {props.list.map(({ emoji, name }) => (
          <button
            key={emoji}
            type="button"
            class={emoji.startsWith(":") ? "emoji-choice emoji-name" : "emoji-choice emoji"}
            aria-label={name}
            title={name}
            tabIndex={-1}
            onClick={() => props.onPick(emoji)}
          >
            {emoji}
          </button>
        ))}
      </div>
    </section>
  );
}

export function EmojiPicker(props: {
  readonly anchor: Element;
  readonly onPick: (emoji: string) => void;
  readonly onClose: () => void;
}) {
  const [words, setWords] = useState("");
  const recent = useMemo(() => recentOnes().map((emoji) => ({ emoji, name: emojiName(emoji) })), []);
  const typed = asReaction(words);
  const found = [
    ...(typed === undefined ? [] : [{ emoji: typed, name: `Use ${emojiName(typed)}` }]),
    ...findEmoji(words).filter(({ emoji }) => emoji !== typed),
  ];
  const pick = (emoji: string) => {
    remember(RECENT, withRecent(recall(RECENT)?.split(" ") ?? [], emoji).join(" "));
    props.onClose();
    props.onPick(emoji);
  };
  return (
    <Popover anchor={props.anchor} label="Emoji" role="dialog" class="emoji-picker" onClose={props.onClose}>
      <search class="emoji-body" onKeyDown={walk}>
        <input
          type="text"
          class="emoji-search"
          data-first
          value={words}
          placeholder="Find, or type any emoji"
          aria-label="Find an emoji, or type any"
          autocomplete="off"
          onInput={(event) => setWords(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.isComposing || found[0] === undefined) return;
            event.preventDefault();
            pick(found[0].emoji);
          }}
        />
        <div class="emoji-list" tabIndex={-1}>
          {words.trim() === "" ? (
            <>
              <Group title="Used last" list={recent} onPick={pick} />
              {ALL.map((group) => (
                <Group key={group.title} title={group.title} list={group.list} onPick={pick} />
              ))}
            </>
          ) : found.length > 0 ? (
            <Group title="Found" list={found} onPick={pick} />
          ) : (
            <p class="hint">Nothing found. Any emoji can be pasted here, or a :name: typed.</p>
          )}
        </div>
      </search>
    </Popover>
  );
}
