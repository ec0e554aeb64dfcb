// Where a message is written. What is written survives a reload; Enter sends, Shift and Enter begins a new line.
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { TEXT_BYTES_MAX, type ViewMessage } from "../../../src/client";
import { byteLength, plural } from "../text/format";
import { CloseIcon, SendIcon } from "../ui/icons";
import { recall, remember } from "../ui/storage";

/** What is half written is kept under this and the room's id. */
export const DRAFTS = "draft:";
/** Fewer bytes left than this are told. */
const TOLD_BELOW_BYTES = 1024;

export function Composer(props: {
  readonly room: string;
  readonly title: string;
  readonly disabled: boolean;
  readonly reply: ViewMessage | undefined;
  readonly field: RefObject<HTMLTextAreaElement | null>;
  readonly onSend: (text: string) => void;
  readonly onCancelReply: () => void;
}) {
  const { field, reply } = props;
  const draft = DRAFTS + props.room;
  const [text, setText] = useState(() => recall(draft) ?? "");
  const left = TEXT_BYTES_MAX - byteLength(text);
  const sendable = !props.disabled && text.trim() !== "" && left >= 0;

  useEffect(() => remember(draft, text), [draft, text]);
  // As high as its text, up to the style sheet's limit.
  useLayoutEffect(() => {
    const element = field.current!;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight + element.offsetHeight - element.clientHeight}px`;
  }, [text, field]);

  const send = () => {
    if (!sendable) return;
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
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {reply !== undefined && (
        <div class="replying">
          <span class="replying-text">
            Answering <bdi class="quote-name">{reply.author.name}</bdi>: <span dir="auto">{reply.text}</span>
          </span>
          <button type="button" class="icon-button" aria-label="Cancel the answer" onClick={props.onCancelReply}>
            <CloseIcon />
          </button>
        </div>
      )}
      <div class="composer-box">
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          value={text}
          disabled={props.disabled}
          placeholder={`Message ${props.title}`}
          aria-label={`Message ${props.title}`}
          aria-describedby="bytes-left"
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={press}
        />
        <button type="submit" class="send" aria-label="Send" title="Send (Enter)" disabled={!sendable}>
          <SendIcon />
        </button>
      </div>
      <p id="bytes-left" class={left < 0 ? "bytes over" : "bytes"}>
        {left < 0 ? `${plural(-left, "byte")} too long` : left < TOLD_BELOW_BYTES ? `${plural(left, "byte")} left` : ""}
      </p>
      {/* Said once, not at every key. */}
      <span class="sr-only" role="status">
        {left < 0 ? "The message is too long" : ""}
      </span>
    </form>
  );
}
