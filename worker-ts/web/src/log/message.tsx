// One message: who, when, what, and what can be done with it. Text is drawn as text, never as markup.
import type { ViewMessage } from "../../../src/client";
import { fullLabel, timeLabel } from "../text/format";
import { linkify } from "../text/linkify";
import { Avatar } from "../ui/avatar";
import { ReplyIcon } from "../ui/icons";

export interface MessageActions {
  readonly reply: (message: ViewMessage) => void;
  readonly resend: (clientId: string) => void;
  readonly discard: (clientId: string) => void;
  /** Shows the message with this seq. */
  readonly jump: (seq: number) => void;
}

function Text(props: { readonly id: string; readonly message: ViewMessage }) {
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
          <a href={part.href} target="_blank" rel="noopener noreferrer nofollow">
            {part.text}
          </a>
        ),
      )}
    </p>
  );
}

function Quote(props: {
  readonly seq: number;
  readonly source: ViewMessage | undefined;
  readonly jump: (seq: number) => void;
}) {
  const { source } = props;
  if (source === undefined) return <p class="quote">In answer to an earlier message</p>;
  return (
    <button type="button" class="quote" onClick={() => props.jump(props.seq)}>
      <span class="sr-only">In answer to </span>
      <bdi class="quote-name">{source.author.name}</bdi> <span dir="auto">{source.text || "deleted message"}</span>
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
  readonly actions: MessageActions;
}) {
  const { message, head, actions } = props;
  const name = message.author.name || "Somebody";
  const stored = message.status === "stored";
  return (
    <article
      class={`message ${head ? "head" : "on"} ${message.status}`}
      data-key={props.id}
      data-seq={stored ? message.seq : undefined}
      tabIndex={props.current ? 0 : -1}
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
        {message.replyTo !== null && <Quote seq={message.replyTo} source={props.source} jump={actions.jump} />}
        <Text id={`${props.id}-text`} message={message} />
        {message.editedAt !== null && message.deletedAt === null && <small class="hint">(edited)</small>}
        {message.status === "pending" && <span class="sr-only">Sending</span>}
        {message.status === "failed" && <Failure message={message} actions={actions} />}
      </div>
      {stored && message.deletedAt === null && (
        <div class="actions">
          <button
            type="button"
            class="icon-button"
            aria-label={`Reply to ${name}`}
            title="Reply (R)"
            tabIndex={props.current ? 0 : -1}
            onClick={() => actions.reply(message)}
          >
            <ReplyIcon />
          </button>
        </div>
      )}
    </article>
  );
}
