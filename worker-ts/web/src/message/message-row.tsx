// One message: who, when, what, what was answered to it with emoji, and what can be done with it.
import type { Reader } from "../../../src/client";
import { Receipts } from "../log/receipts";
import type { ShownMessage } from "../talk/underway";
import { isBot } from "../text/card";
import { fullLabel, timeLabel } from "../text/format";
import { Avatar } from "../ui/avatar";
import { Boundary } from "../ui/boundary";
import { PinIcon } from "../ui/icons";
import type { MessageActions } from "./actions";
import { Files } from "./files";
import { MessageText } from "./message-text";
import { Reactions } from "./reactions";
import { mayAnswer, type Rights } from "./rights";
import { Toolbar } from "./toolbar";

/** Whether Tab stops here: only inside the row that arrow keys have chosen. */
const stop = (current: boolean): 0 | -1 => (current ? 0 : -1);

function Quote(props: {
  readonly source: ShownMessage | undefined;
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

function Failure(props: { readonly message: ShownMessage; readonly actions: MessageActions }) {
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

/** A message that goes in a moment, and how to keep it. */
function Leaving(props: {
  readonly id: string;
  readonly message: ShownMessage;
  readonly current: boolean;
  readonly actions: MessageActions;
}) {
  const { id, message } = props;
  return (
    <p id={id} class="text erased">
      {message.leaving === "sent" ? "Deleting …" : "Message deleted. "}
      {message.leaving === "undo" && (
        <button
          type="button"
          class="link-button"
          title="Undo (U)"
          tabIndex={stop(props.current)}
          onClick={() => props.actions.keep(message)}
        >
          Undo
        </button>
      )}
    </p>
  );
}

export interface MessageRowProps {
  readonly id: string;
  readonly room: string;
  readonly message: ShownMessage;
  readonly head: boolean;
  /** The message answered to, when it is on the page. */
  readonly source: ShownMessage | undefined;
  /** Whether Tab reaches the message and its actions: arrow keys choose one of the log. */
  readonly current: boolean;
  /** A jump has led here. */
  readonly lit: boolean;
  readonly pinned: boolean;
  /** Who has read up to here. */
  readonly readers: readonly Reader[] | undefined;
  readonly rights: Rights;
  /** For how long an edit is offered still; ms since 1970. */
  readonly now: number;
  readonly actions: MessageActions;
}

/** Who and when: for eyes at the first of a group, for ears at all. */
function Byline(props: {
  readonly id: string;
  readonly message: ShownMessage;
  readonly head: boolean;
  readonly name: string;
}) {
  const { message, head } = props;
  return (
    <header id={`${props.id}-by`} class={head ? "by" : "sr-only"}>
      <bdi class="author">{props.name}</bdi> {isBot(message.author.id) && <small class="bot-mark">bot</small>}{" "}
      <time dateTime={new Date(message.ts).toISOString()} title={fullLabel(message.ts)}>
        {timeLabel(message.ts)}
      </time>
    </header>
  );
}

/** In place of words that break the page's drawing. */
function Unshown(props: { readonly id: string }) {
  return (
    <p id={props.id} class="text erased">
      This message cannot be shown.
    </p>
  );
}

/** In place of a message that breaks the page's drawing: arrow keys and jumps find it all the same. */
function UnshownRow({ id, message, current }: MessageRowProps) {
  return (
    <article
      class="message on"
      data-key={id}
      data-seq={message.status === "stored" ? message.seq : undefined}
      tabIndex={stop(current)}
      aria-labelledby={`${id}-text`}
    >
      <div class="gutter" />
      <div class="content">
        <Unshown id={`${id}-text`} />
      </div>
    </article>
  );
}

/** What stands under the byline. */
function Content(props: MessageRowProps) {
  const { id, message, current, actions } = props;
  const files = message.deletedAt === null ? message.files : [];
  if (message.leaving !== undefined)
    return <Leaving id={`${id}-text`} message={message} current={current} actions={actions} />;
  return (
    <>
      <Boundary of={message.text} instead={<Unshown id={`${id}-text`} />}>
        <MessageText
          id={`${id}-text`}
          message={message}
          files={files}
          tabIndex={stop(current)}
          onChoose={actions.choose}
        />
      </Boundary>
      {message.deletedAt === null && (message.editedAt !== null || message.changing) && !isBot(message.author.id) && (
        <small class="edited" title={message.editedAt === null ? undefined : `Edited ${fullLabel(message.editedAt)}`}>
          {message.changing ? "(saving …)" : "(edited)"}
        </small>
      )}
      <Files room={props.room} files={files} tabIndex={stop(current)} actions={actions} />
      <Reactions message={message} tabIndex={stop(current)} open={mayAnswer(message, props.rights)} actions={actions} />
      {message.status === "pending" && <span class="sr-only">Sending</span>}
      {message.status === "failed" && <Failure message={message} actions={actions} />}
    </>
  );
}

/** Picture, or the time where the picture of the group stands above. */
function Gutter(props: { readonly message: ShownMessage; readonly head: boolean; readonly name: string }) {
  const { message } = props;
  return (
    <div class="gutter">
      {props.head ? (
        <Avatar id={message.author.id} name={props.name} />
      ) : (
        <time class="beside" dateTime={new Date(message.ts).toISOString()} aria-hidden="true">
          {timeLabel(message.ts)}
        </time>
      )}
    </div>
  );
}

/** A message. One that cannot be drawn takes its own row and no more. */
export function MessageRow(props: MessageRowProps) {
  return (
    <Boundary of={props.message} instead={<UnshownRow {...props} />}>
      <WholeRow {...props} />
    </Boundary>
  );
}

function WholeRow(props: MessageRowProps) {
  const { id, message, head, current, pinned, actions } = props;
  const name = message.author.name || "Somebody";
  const stored = message.status === "stored";
  const shown = stored && message.deletedAt === null && message.leaving === undefined;
  const marks = [props.lit && "lit", pinned && "pinned", message.changing && "changing", message.leaving && "leaving"];
  return (
    <article
      class={["message", head ? "head" : "on", message.status, ...marks].filter(Boolean).join(" ")}
      data-key={id}
      data-seq={stored ? message.seq : undefined}
      tabIndex={stop(current)}
      aria-labelledby={`${id}-by ${id}-text`}
    >
      <Gutter message={message} head={head} name={name} />
      <div class="content">
        {pinned && shown && (
          <p class="pin-mark">
            <PinIcon /> Pinned
          </p>
        )}
        <Byline id={id} message={message} head={head} name={name} />
        {message.replyTo !== null && (
          <Quote source={props.source} current={current} onJump={() => actions.jump(message.replyTo!, id)} />
        )}
        <Content {...props} />
      </div>
      <Receipts readers={props.readers ?? []} />
      {shown && (
        <Toolbar
          message={message}
          name={name}
          rights={props.rights}
          now={props.now}
          tabIndex={stop(current)}
          actions={actions}
        />
      )}
    </article>
  );
}
