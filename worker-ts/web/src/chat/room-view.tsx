// The middle of a room: the line's state, the log, the text box; and files dropped anywhere on it.
import type { RefObject } from "preact";
import { Composer } from "../compose/composer";
import type { Uploads } from "../compose/uploads";
import { useDrop } from "../compose/use-drop";
import { type Goal, Timeline } from "../log/timeline";
import type { Rights } from "../message/rights";
import type { Talk } from "../talk/talk";
import { ClipIcon } from "../ui/icons";
import { ConnectionBar } from "./connection-bar";
import type { Writing } from "./use-about";

export interface RoomViewProps {
  readonly room: string;
  readonly title: string;
  readonly closed: boolean;
  readonly talk: Talk | undefined;
  readonly rights: Rights;
  readonly pinned: ReadonlySet<number>;
  readonly goal: Goal | undefined;
  readonly uploads: Uploads;
  readonly writing: Writing;
  readonly field: RefObject<HTMLTextAreaElement | null>;
  readonly onFresh: (count: number) => void;
  /** All has been seen, up to a message of this time (ms). */
  readonly onRead: (ts: number) => void;
}

export function RoomView(props: RoomViewProps) {
  const { room, title, talk, closed, uploads, writing, field } = props;
  const state = talk?.state ?? "connecting";
  const open = talk?.ready === true && !closed;
  const write = () => field.current?.focus();
  const drop = useDrop(open && writing.about.kind !== "edit", (files) => {
    uploads.add(files);
    write();
  });
  return (
    <section class="chat-room" aria-label={title} {...drop.handlers}>
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
          room={room}
          talk={talk}
          title={title}
          rights={props.rights}
          pinned={props.pinned}
          goal={props.goal}
          onReply={writing.reply}
          onEdit={writing.edit}
          onFresh={props.onFresh}
          onRead={(newest) => props.onRead(newest.ts)}
          onLeave={write}
        />
      )}
      <Composer
        key={room}
        room={room}
        title={title}
        disabled={talk?.ready !== true}
        closed={closed}
        heldUntil={talk?.heldUntil}
        slowModeMs={talk?.slowModeMs ?? 0}
        typists={talk?.company.typists ?? []}
        about={writing.about}
        uploads={uploads}
        field={field}
        onSend={writing.send}
        onTyping={(on) => talk?.typing(on)}
        onCancel={writing.cancel}
        onLast={writing.editLast}
      />
      {drop.over && (
        <div class="drop" aria-hidden="true">
          <p>
            <ClipIcon />
            Drop files to attach them
          </p>
        </div>
      )}
    </section>
  );
}
