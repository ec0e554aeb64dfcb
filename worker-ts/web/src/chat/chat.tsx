// One room on screen: head, connection bar, log, composer, people.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { ViewMessage } from "../../../src/client";
import type { RoomInfo } from "../api";
import { BreakTool } from "../break/break-tool";
import { Inspector, InspectorTool } from "../inspector/inspector-tool";
import { Timeline } from "../log/timeline";
import { countPeople } from "../people/people";
import { PeoplePanel } from "../people/people-panel";
import { navigate } from "../route";
import { useTalk } from "../talk/use-talk";
import { recall, remember } from "../ui/storage";
import { ChatHead } from "./chat-head";
import { Composer } from "./composer";
import { ConnectionBar } from "./connection-bar";
import { usePresence } from "./use-presence";

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

/** Beside the log where there is room for it, over it where not: there it is opened by hand alone. */
const WIDE = "(width >= 68rem)";

interface Panel {
  readonly open: boolean;
  readonly byHand: boolean;
  readonly toggle: () => void;
}

/** Whether the list of people is open, as it was left. */
function usePanel(): Panel {
  const [open, setOpen] = useState(() => matchMedia(WIDE).matches && recall("people") === "open");
  const [byHand, setByHand] = useState(false);
  const toggle = () => {
    if (matchMedia(WIDE).matches) remember("people", open ? "" : "open");
    setByHand(true);
    setOpen(!open);
  };
  return { open, byHand, toggle };
}

export function Chat(props: {
  readonly room: string;
  readonly info: RoomInfo | undefined;
  /** The session ended: somebody must sign in again. */
  readonly onSignedOut: () => void;
  /** Something of the room that the list shows has changed: entered, renamed, closed. */
  readonly onChanged: () => void;
  /** All of the room has been seen up to a message of this time (ms). */
  readonly onRead: (room: string, ts: number) => void;
}) {
  const { room, info, onSignedOut, onChanged, onRead } = props;
  const talk = useTalk(room);
  const field = useRef<HTMLTextAreaElement>(null);
  const [reply, setReply] = useState<ViewMessage>();
  const [fresh, setFresh] = useState(0);
  const panel = usePanel();
  const [inspecting, setInspecting] = useState(false);
  const title = talk?.title ?? info?.title ?? room;
  const closed = talk?.closed ?? (info !== undefined && info.closedAt !== null);
  const code = talk?.error?.code;
  const state = talk?.state ?? "connecting";
  const ready = talk?.ready === true;
  usePresence(talk);

  useEffect(() => {
    document.title = `${fresh > 0 ? `(${fresh}) ` : ""}${title} · Ferrule`;
  }, [fresh, title]);
  useEffect(() => {
    if (code === "unauthenticated") onSignedOut();
  }, [code, onSignedOut]);
  useEffect(() => {
    if (state === "open") onChanged();
  }, [state, talk?.title, talk?.closed, onChanged]);
  // With a touch screen the keyboard would cover the room: there the finger decides.
  useEffect(() => {
    if (ready && matchMedia("(hover: hover)").matches) field.current?.focus();
  }, [ready]);

  const answer = useCallback((message: ViewMessage) => {
    setReply(message);
    field.current?.focus();
  }, []);
  const write = () => field.current?.focus();
  const toggleInspector = () => setInspecting((was) => !was);
  const closeInspector = () => {
    setInspecting(false);
    write();
  };
  const closePanel = () => {
    panel.toggle();
    write();
  };

  if (talk !== undefined && state === "refused") {
    return <NoRoom code={code ?? ""} message={talk.error?.message ?? ""} onRetry={() => talk.retry()} />;
  }
  return (
    <div class="chat">
      <ChatHead
        room={room}
        title={title}
        info={info}
        closed={closed}
        people={countPeople(talk?.people ?? [], talk?.crowd)}
        panelOpen={panel.open}
        onPanel={panel.toggle}
        tools={
          <>
            {import.meta.env.MODE === "breakable" && <BreakTool room={room} />}
            <InspectorTool open={inspecting} onToggle={toggleInspector} />
          </>
        }
      />
      <div class="chat-body">
        <section class="chat-room" aria-label={title}>
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
              onRead={(newest) => onRead(room, newest.ts)}
              onLeave={write}
            />
          )}
          <Composer
            key={room}
            room={room}
            title={title}
            disabled={!ready}
            closed={closed}
            heldUntil={talk?.heldUntil}
            slowModeMs={talk?.slowModeMs ?? 0}
            typists={talk?.typists ?? []}
            reply={reply}
            field={field}
            onSend={(text) => {
              talk?.send(text, reply?.seq ?? null);
              setReply(undefined);
            }}
            onTyping={(on) => talk?.typing(on)}
            onCancelReply={() => setReply(undefined)}
          />
        </section>
        {inspecting && <Inspector onClose={closeInspector} />}
        {panel.open && (
          <PeoplePanel
            people={talk?.people ?? []}
            crowd={talk?.crowd}
            selfId={talk?.selfId}
            live={state === "open"}
            byHand={panel.byHand}
            onClose={closePanel}
          />
        )}
      </div>
    </div>
  );
}
