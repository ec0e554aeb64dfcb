// Where a message is written. What is written survives a reload; Enter sends, Shift and Enter begins a new line.
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { type Person, TEXT_BYTES_MAX, type ViewMessage } from "../../../src/client";
import { spanLabel } from "../text/events";
import { byteLength, plural } from "../text/format";
import { CloseIcon, SendIcon } from "../ui/icons";
import { recall, remember } from "../ui/storage";
import { TypingLine } from "./typing-line";
import { useSecondsLeft } from "./use-held";

/** What is half written is kept under this and the room's id. */
export const DRAFTS = "draft:";
/** Fewer bytes left than this are told. */
const TOLD_BELOW_BYTES = 1024;
/** Whoever has not touched a key for so long is not typing any more. */
const TYPING_PAUSE_MS = 4000;

/** Tells that somebody types, and that it has ended: by a pause, an empty box, another place. */
function useTyping(onTyping: (on: boolean) => void): (on: boolean) => void {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const told = useRef(false);
  const tell = (on: boolean) => {
    clearTimeout(timer.current);
    if (on) timer.current = setTimeout(() => tell(false), TYPING_PAUSE_MS);
    if (on === told.current) return;
    told.current = on;
    onTyping(on);
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  return tell;
}

/** Why nothing can be sent just now, in words; "" when it can. */
function holdLabel(seconds: number, slowModeMs: number): string {
  if (seconds === 0) return "";
  const slow = slowModeMs > 0 ? "Slow mode: you" : "You";
  return `${slow} can write again in ${spanLabel(seconds * 1000)}`;
}

/** Room left for the text, told only when it matters. */
function bytesLabel(left: number): string {
  if (left < 0) return `${plural(-left, "byte")} too long`;
  return left < TOLD_BELOW_BYTES ? `${plural(left, "byte")} left` : "";
}

export interface ComposerProps {
  readonly room: string;
  readonly title: string;
  /** The room cannot be written to, or is not open yet. */
  readonly disabled: boolean;
  readonly closed: boolean;
  /** Until when (ms) the room takes nothing from the user. */
  readonly heldUntil: number | undefined;
  readonly slowModeMs: number;
  readonly typists: readonly Person[];
  readonly reply: ViewMessage | undefined;
  readonly field: RefObject<HTMLTextAreaElement | null>;
  readonly onSend: (text: string) => void;
  readonly onTyping: (on: boolean) => void;
  readonly onCancelReply: () => void;
}

export function Composer(props: ComposerProps) {
  const { field, reply, closed } = props;
  const draft = DRAFTS + props.room;
  const [text, setText] = useState(() => recall(draft) ?? "");
  const seconds = useSecondsLeft(props.heldUntil);
  const type = useTyping(props.onTyping);
  const left = TEXT_BYTES_MAX - byteLength(text);
  const disabled = props.disabled || closed;
  const sendable = !disabled && seconds === 0 && text.trim() !== "" && left >= 0;
  const held = closed ? "" : holdLabel(seconds, props.slowModeMs);

  useEffect(() => remember(draft, text), [draft, text]);
  // As high as its text, up to the style sheet's limit.
  useLayoutEffect(() => {
    const element = field.current!;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight + element.offsetHeight - element.clientHeight}px`;
  }, [text, field]);

  const send = () => {
    if (!sendable) return;
    type(false);
    props.onSend(text.trim());
    setText("");
    field.current?.focus();
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === "Escape" && reply !== undefined) props.onCancelReply();
    // While an input method composes a word, Enter belongs to it.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  };
  const label = closed ? "This room is closed: you can read it, not write" : `Message ${props.title}`;
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <TypingLine people={props.typists} />
      {reply !== undefined && <Replying reply={reply} onCancel={props.onCancelReply} />}
      <div class="composer-box">
        <textarea
          ref={field}
          id="message-box"
          rows={1}
          dir="auto"
          value={text}
          disabled={disabled}
          placeholder={label}
          aria-label={label}
          aria-describedby="composer-told"
          onInput={(event) => {
            setText(event.currentTarget.value);
            type(event.currentTarget.value.trim() !== "");
          }}
          onKeyDown={press}
          onBlur={() => type(false)}
        />
        <button type="submit" class="send" aria-label="Send" title="Send (Enter)" disabled={!sendable}>
          <SendIcon />
        </button>
      </div>
      <p id="composer-told" class={left < 0 ? "told over" : held === "" ? "told" : "told held"}>
        {held === "" ? bytesLabel(left) : held}
      </p>
      {/* Said once, not at every key or second. */}
      <span class="sr-only" role="status">
        {left < 0 ? "The message is too long" : held === "" ? "" : "Wait a moment before you write again"}
      </span>
    </form>
  );
}

/** What is being answered. */
function Replying(props: { readonly reply: ViewMessage; readonly onCancel: () => void }) {
  const { reply } = props;
  return (
    <div class="replying">
      <span class="replying-text">
        Answering <bdi class="quote-name">{reply.author.name}</bdi>: <span dir="auto">{reply.text}</span>
      </span>
      <button type="button" class="icon-button" aria-label="Cancel the answer" onClick={props.onCancel}>
        <CloseIcon />
      </button>
    </div>
  );
}
