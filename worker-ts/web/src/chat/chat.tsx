// One room on screen: head, log and text box, panels, dialogs. What each of them shows is its own; here they are put together.
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { type Account, listMembers, listPins, type RoomInfo } from "../api";
import { BreakTool } from "../break/break-tool";
import { useUploads } from "../compose/use-uploads";
import { Inspector, InspectorTool } from "../inspector/inspector-tool";
import { tell } from "../layer/toast";
import type { Rights } from "../message/rights";
import { countPeople } from "../people/people";
import { type RoomDialog, RoomDialogs, type RoomScene } from "../room/room-menu";
import { navigate } from "../route";
import type { Query } from "../search/search-panel";
import { useNews } from "../talk/use-news";
import { useTalk } from "../talk/use-talk";
import { Pictures } from "../ui/avatar";
import { remember } from "../ui/storage";
import { ChatHead } from "./chat-head";
import { endsRoom, NoRoom } from "./no-room";
import { Panels } from "./panels";
import { RoomView } from "./room-view";
import { useAbout, type Writing } from "./use-about";
import { useGoal, useSearchKey } from "./use-goal";
import type { Panel } from "./use-panel";
import { usePresence } from "./use-presence";
import { tellRefusal, useInfo, usePictures, useTidings } from "./use-tidings";

export interface ChatProps {
  readonly room: string;
  readonly account: Account;
  /** All rooms that the page knows of. */
  readonly rooms: readonly RoomInfo[];
  /** The message to be shown, when the address names one. */
  readonly seq: number | undefined;
  readonly panel: Panel;
  readonly query: Query;
  readonly onQuery: (query: Query) => void;
  /** The session ended: somebody must sign in again. */
  readonly onSignedOut: () => void;
  /** Something of the room that the list shows has changed: entered, renamed, closed, left. */
  readonly onChanged: () => void;
  /** All of the room has been seen up to a message of this time (ms). */
  readonly onRead: (room: string, ts: number) => void;
}

const refuse = (reason: string): void => tell(reason, { bad: true });

/** The room's connection; a change of the text that is refused can be written again. */
function useTalkOf(room: string, user: string, writing: { readonly current: Writing | undefined }) {
  const talk = useTalk(room, user, (problem) =>
    tellRefusal(problem, () => {
      const message = talk?.messages.find(({ seq }) => seq === problem.entry.target);
      if (message !== undefined) writing.current?.edit(message, problem.entry.text);
    }),
  );
  return talk;
}

export function Chat(props: ChatProps) {
  const { room, account, panel, onChanged } = props;
  const field = useRef<HTMLTextAreaElement>(null);
  const current = useRef<Writing>(undefined);
  const talk = useTalkOf(room, account.id, current);
  const info = useInfo(room, props.rooms, talk?.state === "open");
  const [fresh, setFresh] = useState(0);
  const [dialog, setDialog] = useState<RoomDialog>();
  const [inspecting, setInspecting] = useState(false);
  const [goal, go] = useGoal(room, props.seq);
  const uploads = useUploads(room, refuse);
  const title = talk?.title ?? info?.title ?? room;
  const closed = talk?.closed ?? (info !== undefined && info.closedAt !== null);
  const ready = talk?.ready === true;
  const role = talk?.role;
  const editWindowMs = info?.editWindowMs ?? 0;
  const rights = useMemo<Rights>(() => ({ role, closed, editWindowMs }), [role, closed, editWindowMs]);
  const members = useNews(() => listMembers(room), talk?.peopleNews ?? 0, true);
  const pins = useNews(() => listPins(room), talk?.pinNews ?? 0, true);
  const pinned = useMemo(() => new Set((pins.list ?? []).map(({ seq }) => seq)), [pins.list]);
  const pictures = usePictures(account, members.list);
  const writing = useAbout(talk, rights, uploads, field);
  current.current = writing;
  usePresence(talk);
  useTidings(talk, title, fresh, props);
  useSearchKey(() => panel.show("search"));

  const write = useCallback(() => field.current?.focus(), []);
  // With a touch screen the keyboard would cover the room: there the finger decides.
  useEffect(() => {
    if (ready && goal === undefined && matchMedia("(hover: hover)").matches) write();
  }, [ready]);

  const code = talk?.error?.code ?? "";
  if (talk?.state === "refused" || (talk?.state === "closed" && endsRoom(code)))
    return <NoRoom code={code} message={talk.error?.message ?? ""} onRetry={() => talk.retry()} />;
  const scene: RoomScene = { room, title, info, role, closed };
  return (
    <Pictures.Provider value={pictures}>
      <div class="chat">
        <ChatHead
          scene={scene}
          people={countPeople(talk?.company.people ?? [], talk?.crowd)}
          pins={pinned.size}
          panel={panel}
          onDialog={setDialog}
          tools={
            <>
              {import.meta.env.MODE === "breakable" && <BreakTool room={room} />}
              <InspectorTool open={inspecting} onToggle={() => setInspecting((was) => !was)} />
            </>
          }
        />
        <div class="chat-body">
          <RoomView
            {...{ room, title, closed, talk, rights, pinned, goal, uploads, writing, field }}
            onFresh={setFresh}
            onRead={(ts) => props.onRead(room, ts)}
          />
          {inspecting && (
            <Inspector
              onClose={() => {
                setInspecting(false);
                write();
              }}
            />
          )}
          <Panels
            {...{ room, talk, members, pins, panel }}
            rooms={props.rooms}
            query={props.query}
            onQuery={props.onQuery}
            onGo={go}
            onInvite={() => setDialog("invite")}
            onClose={() => {
              panel.close();
              write();
            }}
          />
        </div>
        <RoomDialogs
          {...scene}
          dialog={dialog}
          onClose={() => setDialog(undefined)}
          onChanged={onChanged}
          onGone={() => {
            // The way in must not lead back to it: that would be to join again.
            remember("room", "");
            navigate({ at: "rooms" }, { replace: true });
            onChanged();
          }}
        />
      </div>
    </Pictures.Provider>
  );
}
