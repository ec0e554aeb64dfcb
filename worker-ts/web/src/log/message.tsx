// One message: who, when, what, and what can be done with it. Text is drawn as text, never as markup.
import type { Gap, Reader, ViewMessage } from "../../../src/client";
import { fullLabel, timeLabel } from "../text/format";
import { linkify } from "../text/linkify";
import { Avatar } from "../ui/avatar";
import { ReplyIcon } from "../ui/icons";
import { Receipts } from "./receipts";

export interface MessageActions {
  readonly reply: (message: ViewMessage) => void;
  readonly resend: (clientId: string) => void;
  readonly discard: (clientId: string) => void;
  /** Shows the message with this seq; `from` is the key of the one that answers it. */
  readonly jump: (seq: number, from: string) => void;
  /** Loads the end of a stretch that was skipped. */
  readonly load: (gap: Gap) => void;
}

/** Whether Tab stops here: only inside the row that arrow keys have chosen. */
const stop = (current: boolean): 0 | -1 => (current ? 0 : -1);

function Text(props: { readonly id: string; readonly message: ViewMessage; readonly current: boolean }) {
  const { message } = props;
  if (message.deletedAt !== null || message.text === "") {
    return (
      <p id={props.id} class="text erased">
        This message was deleted.
      </p>
    );
  }
  return (
    <p id={props.id} class="text" dir="auto">
      {linkify(message.text).map((part) =>
        part.href === undefined ? (
          part.text
        ) : (
          <a href={part.href} target="_blank" rel="noopener noreferrer nofollow" tabIndex={stop(props.current)}>
            {part.text}
          </a>
        ),
      )}
    </p>
  );
}

function Quote(props: {
  readonly source: ViewMessage | undefined;
  readonly current: boolean;
  readonly onJump: () => void;
}) {
  const { source } = props;
  return (
    <button type="button" class="quote" tabIndex={stop(props.current)} onClick={props.onJump}>
      {source === undefined ? (
        "In answer to an earlier message"
      ) : (
        <>
          <span class="sr-only">In answer to </span>
          <bdi class="quote-name">{source.author.name}</bdi> <span dir="auto">{source.text || "deleted message"}</span>
        </>
      )}
    </button>
  );
}

/** What to tell people for a refusal's code; any other is told in the server's words. */
const REASONS: Readonly<Record<string, string>> = {
  not_kept: "This browser keeps nothing more: its storage is full or switched off.",
  forbidden: "You cannot write here.",
  too_large: "It is too long.",
};

function Failure(props: { readonly message: ViewMessage; readonly actions: MessageActions }) {
  const { message, actions } = props;
  const { error } = message;
  return (
    <div class="failure" role="alert">
      <span>Not sent. {error && (REASONS[error.code] ?? error.message)}</span>
      <button type="button" class="link-button" onClick={() => actions.resend(message.clientId)}>
        Try again
      </button>
      <button type="button" class="link-button" onClick={() => actions.discard(message.clientId)}>
        Discard
      </button>
    </div>
  );
}

export function MessageRow(props: {
  readonly id: string;
  readonly message: ViewMessage;
  readonly head: boolean;
  /** The message answered to, when it is on the page. */
  readonly source: ViewMessage | undefined;
  /** Whether Tab reaches the message and its actions: arrow keys choose one of the log. */
  readonly current: boolean;
  /** A jump has led here. */
  readonly lit: boolean;
  /** Who has read up to here. */
  readonly readers: readonly Reader[] | undefined;
  readonly actions: MessageActions;
}) {
  const { message, head, current, actions } = props;
  const name = message.author.name || "Somebody";
  const stored = message.status === "stored";
  return (
    <article
      class={`message ${head ? "head" : "on"} ${message.status}${props.lit ? " lit" : ""}`}
      data-key={props.id}
      data-seq={stored ? message.seq : undefined}
      tabIndex={stop(current)}
      aria-labelledby={`${props.id}-by ${props.id}-text`}
    >
      <div class="gutter">
        {head ? (
          <Avatar id={message.author.id} name={name} />
        ) : (
          <time class="beside" dateTime={new Date(message.ts).toISOString()} aria-hidden="true">
            {timeLabel(message.ts)}
          </time>
        )}
      </div>
      <div class="content">
        <header id={`${props.id}-by`} class={head ? "by" : "sr-only"}>
          <bdi class="author">{name}</bdi>{" "}
          <time dateTime={new Date(message.ts).toISOString()} title={fullLabel(message.ts)}>
            {timeLabel(message.ts)}
          </time>
        </header>
        {message.replyTo !== null && (
          <Quote source={props.source} current={current} onJump={() => actions.jump(message.replyTo!, props.id)} />
        )}
        <Text id={`${props.id}-text`} message={message} current={current} />
        {message.editedAt !== null && message.deletedAt === null && <small class="hint">(edited)</small>}
        {message.status === "pending" && <span class="sr-only">Sending</span>}
        {message.status === "failed" && <Failure message={message} actions={actions} />}
      </div>
      <Receipts readers={props.readers ?? []} />
      {stored && message.deletedAt === null && (
        <div class="actions">
          <button
            type="button"
            class="icon-button"
            aria-label={`Reply to ${name}`}
            title="Reply (R)"
            tabIndex={stop(current)}
            onClick={() => actions.reply(message)}
          >
            <ReplyIcon />
          </button>
        </div>
      )}
    </article>
  );
}
