// Where a message is written, or changed. What is written survives a reload; Enter sends, Shift and Enter begins a new line, and the
// arrow up in an empty box takes up the last own message.
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { type Person, TEXT_BYTES_MAX } from "../../../src/client";
import { EmojiPicker } from "../emoji/emoji-picker";
import { spanLabel } from "../text/events";
import { byteLength, plural } from "../text/format";
import { CheckIcon, ClipIcon, SendIcon, SmileIcon } from "../ui/icons";
import { recall, remember } from "../ui/storage";
import { type About, AboutLine } from "./about";
import { Tray } from "./tray";
import { TypingLine } from "./typing-line";
import type { Uploads } from "./uploads";
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

/** What bots of the house listen to; their `/help` tells more. */
const COMMANDS = "/remind 10m text · /digest 7d · /approve text · /help";

/** Room left for the text, told only when it matters; or what may follow a slash. */
function textLabel(text: string, left: number): string {
  if (/^\/[a-z]*$/i.test(text)) return COMMANDS;
  if (left < 0) return `${plural(-left, "byte")} too long`;
  return left < TOLD_BELOW_BYTES ? `${plural(left, "byte")} left` : "";
}

/** The text in the box: what is half written, or what is being changed; the one waits while the other is there. */
function useText(room: string, about: About): [string, (text: string) => void] {
  const draft = DRAFTS + room;
  const [text, setText] = useState(() => recall(draft) ?? "");
  const [change, setChange] = useState("");
  const editing = about.kind === "edit";
  useEffect(() => remember(draft, text), [draft, text]);
  useLayoutEffect(() => {
    if (about.kind === "edit") setChange(about.text);
  }, [about]);
  return editing ? [change, setChange] : [text, setText];
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
  readonly about: About;
  readonly uploads: Uploads;
  readonly field: RefObject<HTMLTextAreaElement | null>;
  /** The text, trimmed: of a new message, or of the one that is changed. */
  readonly onSend: (text: string) => void;
  readonly onTyping: (on: boolean) => void;
  /** Nothing is answered or changed any more. */
  readonly onCancel: () => void;
  /** The last own message is to be changed. */
  readonly onLast: () => void;
}

/** Whether what is in the box can be sent, and if not, why. */
function useSending(props: ComposerProps, text: string) {
  const { about, closed, uploads } = props;
  const editing = about.kind === "edit";
  const seconds = useSecondsLeft(editing ? undefined : props.heldUntil);
  const left = TEXT_BYTES_MAX - byteLength(text.trim());
  const disabled = props.disabled || closed;
  const files = editing ? 0 : uploads.list.length;
  const something = text.trim() !== "" || (files > 0 && uploads.done);
  const may = !disabled && seconds === 0 && left >= 0;
  return {
    left,
    disabled,
    /** It can be sent as soon as the files are up. */
    soon: may && files > 0 && uploads.busy,
    sendable: may && something && (files === 0 || uploads.done),
    held: closed ? "" : holdLabel(seconds, props.slowModeMs),
  };
}

export function Composer(props: ComposerProps) {
  const { field, about, uploads, closed } = props;
  const [text, setText] = useText(props.room, about);
  const { left, disabled, sendable, soon, held } = useSending(props, text);
  const [queued, setQueued] = useState(false);
  const type = useTyping(props.onTyping);
  const editing = about.kind === "edit";

  // As high as its text, up to the style sheet's limit.
  useLayoutEffect(() => {
    const element = field.current!;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight + element.offsetHeight - element.clientHeight}px`;
  }, [text, field]);

  const send = () => {
    setQueued(soon);
    if (!sendable) return;
    type(false);
    props.onSend(text.trim());
    setText("");
    field.current?.focus();
  };
  // Enter came before the last file was up; one that failed is looked at first.
  useEffect(() => {
    if (queued && !soon) send();
  }, [queued, soon]);
  const press = (event: KeyboardEvent) => {
    if (event.key === "Escape" && about.kind !== "new") props.onCancel();
    if (event.key === "ArrowUp" && text === "" && about.kind === "new" && !modified(event)) {
      event.preventDefault();
      props.onLast();
    }
    // While an input method composes a word, Enter belongs to it.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  };
  const paste = (event: ClipboardEvent) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0 || editing) return;
    event.preventDefault();
    uploads.add(files);
  };
  const insert = (emoji: string) => {
    const box = field.current!;
    box.setRangeText(emoji, box.selectionStart, box.selectionEnd, "end");
    setText(box.value);
  };
  const place = closed ? "This room is closed: you can read it, not write" : `Message ${props.title}`;
  const label = editing ? "Change your message" : place;
  return (
    <form
      class={editing ? "composer editing" : "composer"}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <TypingLine people={props.typists} />
      <AboutLine about={about} onCancel={props.onCancel} />
      {!editing && <Tray uploads={uploads} />}
      <div class="composer-box">
        {!editing && <AttachButton disabled={disabled} onFiles={(files) => uploads.add(files)} />}
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
            if (!editing) type(event.currentTarget.value.trim() !== "");
          }}
          onKeyDown={press}
          onPaste={paste}
          onBlur={() => type(false)}
        />
        <EmojiButton disabled={disabled} onPick={insert} />
        <button
          type="submit"
          class="send"
          aria-label={editing ? "Save" : "Send"}
          title={editing ? "Save (Enter)" : "Send (Enter)"}
          disabled={!sendable && !soon}
        >
          {editing ? <CheckIcon /> : <SendIcon />}
        </button>
      </div>
      <Told text={editing ? "" : text} left={left} held={held} soon={queued && soon} />
    </form>
  );
}

const modified = (event: KeyboardEvent): boolean =>
  event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.isComposing;

/** What there is to know about sending, under the box. */
function Told(props: { readonly text: string; readonly left: number; readonly held: string; readonly soon: boolean }) {
  const { text, left, held, soon } = props;
  const words = held !== "" ? held : soon ? "Sent as soon as the files are up" : textLabel(text, left);
  return (
    <>
      <p id="composer-told" class={left < 0 ? "told over" : held === "" ? "told" : "told held"}>
        {words}
      </p>
      {/* Said once, not at every key or second. */}
      <span class="sr-only" role="status">
        {left < 0 ? "The message is too long" : held === "" ? "" : "Wait a moment before you write again"}
      </span>
    </>
  );
}

/** Picks files from this machine. */
function AttachButton(props: { readonly disabled: boolean; readonly onFiles: (files: readonly File[]) => void }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button
        type="button"
        class="icon-button"
        aria-label="Attach files"
        title="Attach files (or drop or paste them)"
        disabled={props.disabled}
        onClick={() => input.current?.click()}
      >
        <ClipIcon />
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        tabIndex={-1}
        aria-label="Files"
        onChange={(event) => {
          props.onFiles([...(event.currentTarget.files ?? [])]);
          // The same file may be chosen again.
          event.currentTarget.value = "";
        }}
      />
    </>
  );
}

/** Puts an emoji where the cursor stands. */
function EmojiButton(props: { readonly disabled: boolean; readonly onPick: (emoji: string) => void }) {
  const button = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  return (
    <>
      <button
        ref={button}
        type="button"
        class="icon-button emoji-button"
        aria-label="Insert an emoji"
        title="Emoji"
        aria-haspopup="dialog"
        aria-expanded={open}
        disabled={props.disabled}
        onClick={() => setOpen(!open)}
      >
        <SmileIcon />
      </button>
      {open && (
        <EmojiPicker
          anchor={button.current!}
          onPick={(emoji) => {
            props.onPick(emoji);
            document.querySelector<HTMLElement>("#message-box")?.focus();
          }}
          onClose={() => setOpen(false)}
        />
      )}
    </>
  );
}
