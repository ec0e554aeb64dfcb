// One room on screen: head, connection bar, log, composer.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { ViewMessage } from "../../../src/client";
import type { RoomInfo } from "../api";
import { Timeline } from "../log/timeline";
import { followLink, navigate, pathOf } from "../route";
import { useTalk } from "../talk/use-talk";
import { CopyButton } from "../ui/copy-button";
import { BackIcon, HashIcon, LockIcon } from "../ui/icons";
import { Composer } from "./composer";
import { ConnectionBar } from "./connection-bar";

const ROOMS = { at: "rooms" } as const;

function NoRoom(props: { readonly code: string; readonly message: string; readonly onRetry: () => void }) {
  const title = { not_found: "There is no such room", banned: "You cannot enter this room" }[props.code];
  return (
    <div class="empty">
      <h1>{title ?? "This room could not be opened"}</h1>
      <p class="hint">{props.code === "not_found" ? "It may be private, or deleted." : props.message}</p>
      <div class="buttons">
        <button type="button" class="button" onClick={props.onRetry}>
          Try again
        </button>
        <button type="button" class="button primary" onClick={() => navigate({ at: "room", room: "lobby" })}>
          Go to the lobby
        </button>
      </div>
    </div>
  );
}

export function Chat(props: {
  readonly room: string;
  readonly info: RoomInfo | undefined;
  /** The session ended: somebody must sign in again. */
  readonly onSignedOut: () => void;
  /** The room was entered for the first time. */
  readonly onEntered: () => void;
}) {
  const { room, info, onSignedOut, onEntered } = props;
  const talk = useTalk(room);
  const field = useRef<HTMLTextAreaElement>(null);
  const [reply, setReply] = useState<ViewMessage>();
  const [fresh, setFresh] = useState(0);
  const title = talk?.title ?? info?.title ?? room;
  const code = talk?.error?.code;
  const state = talk?.state ?? "connecting";
  const ready = talk?.ready === true;

  useEffect(() => {
    document.title = `${fresh > 0 ? `(${fresh}) ` : ""}${title} · Ferrule`;
  }, [fresh, title]);
  useEffect(() => {
    if (code === "unauthenticated") onSignedOut();
  }, [code, onSignedOut]);
  useEffect(() => {
    if (state === "open") onEntered();
  }, [state, onEntered]);
  // With a touch screen the keyboard would cover the room: there the finger decides.
  useEffect(() => {
    if (ready && matchMedia("(hover: hover)").matches) field.current?.focus();
  }, [ready]);

  const answer = useCallback((message: ViewMessage) => {
    setReply(message);
    field.current?.focus();
  }, []);

  if (talk !== undefined && state === "refused") {
    return <NoRoom code={code ?? ""} message={talk.error?.message ?? ""} onRetry={() => talk.retry()} />;
  }
  return (
    <>
      <header class="chat-head">
        <a
          class="icon-button only-narrow"
          href={pathOf(ROOMS)}
          aria-label="All rooms"
          onClick={(event) => followLink(event, ROOMS)}
        >
          <BackIcon />
        </a>
        <h1 class="chat-title">
          {info?.visibility === "private" ? <LockIcon /> : <HashIcon />}
          <span>{title}</span>
        </h1>
        {info !== undefined && info.topic !== "" && <p class="topic">{info.topic}</p>}
        <CopyButton label="Copy the link of this room" text={() => location.origin + pathOf({ at: "room", room })} />
      </header>
      <ConnectionBar
        state={state}
        unsent={talk?.unsent ?? 0}
        reason={talk?.error?.message}
        onRetry={() => talk?.retry()}
      />
      {talk === undefined ? (
        <div class="timeline" />
      ) : (
        <Timeline
          talk={talk}
          title={title}
          onReply={answer}
          onFresh={setFresh}
          onLeave={() => field.current?.focus()}
        />
      )}
      <Composer
        key={room}
        room={room}
        title={title}
        disabled={!ready || (info !== undefined && info.closedAt !== null)}
        reply={reply}
        field={field}
        onSend={(text) => {
          talk?.send(text, reply?.seq ?? null);
          setReply(undefined);
        }}
        onCancelReply={() => setReply(undefined)}
      />
    </>
  );
}
