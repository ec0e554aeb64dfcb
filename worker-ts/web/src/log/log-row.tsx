// One row of the log, whatever it is; and what stands above the first.
import type { Reader, SystemEntry } from "../../../src/client";
import type { MessageActions } from "../message/actions";
import { MessageRow } from "../message/message-row";
import type { Rights } from "../message/rights";
import type { Talk } from "../talk/talk";
import type { ShownMessage } from "../talk/underway";
import { eventPieces } from "../text/events";
import { dayLabel, fullLabel, timeLabel } from "../text/format";
import { Boundary } from "../ui/boundary";
import { HashIcon } from "../ui/icons";
import type { Row } from "./rows";

/** What the rows need to know of the log. */
export interface LogScene {
  readonly room: string;
  readonly talk: Talk;
  readonly rights: Rights;
  /** Seqs of the messages that are pinned. */
  readonly pinned: ReadonlySet<number>;
  readonly bySeq: ReadonlyMap<number, ShownMessage>;
  readonly readers: ReadonlyMap<string, readonly Reader[]>;
  /** Key of the row that Tab reaches: arrow keys choose it. */
  readonly chosen: string | undefined;
  /** Key of the message that a jump has led to. */
  readonly lit: string | undefined;
  readonly actions: MessageActions;
}

/** A sentence about the room. */
function Note(props: { readonly id: string; readonly entry: SystemEntry; readonly scene: LogScene }) {
  const { entry, scene } = props;
  const nameOf = (ref: number) => (ref === 0 ? undefined : scene.talk.person(ref)?.name);
  const pieces = eventPieces(entry, nameOf(entry.sender), nameOf(entry.subject));
  if (pieces === undefined) return null;
  return (
    <p class="note" data-key={props.id} tabIndex={scene.chosen === props.id ? 0 : -1}>
      <span class="note-text">
        {pieces.map((piece) => (piece.name ? <bdi class="note-name">{piece.text}</bdi> : piece.text))}
      </span>
      <time dateTime={new Date(entry.ts).toISOString()} title={fullLabel(entry.ts)}>
        {timeLabel(entry.ts)}
      </time>
    </p>
  );
}

function GapRow(props: { readonly row: Extract<Row, { readonly kind: "gap" }>; readonly scene: LogScene }) {
  const { gap, hole } = props.row;
  const { talk, actions } = props.scene;
  const waits = hole && !talk.history.failed;
  return (
    <div class={hole ? "gap hole" : "gap"} data-hole={hole ? gap.to : undefined}>
      {waits ? (
        <span>Loading messages …</span>
      ) : (
        <>
          <span>{hole ? "These messages could not be loaded." : "Some messages were skipped here."}</span>
          <button type="button" class="button small" disabled={talk.history.loading} onClick={() => actions.load(gap)}>
            Load them
          </button>
        </>
      )}
    </div>
  );
}

export function LogRow(props: { readonly row: Row; readonly scene: LogScene }) {
  const { row, scene } = props;
  switch (row.kind) {
    case "day":
      return (
        <h2 class="day">
          <span>{dayLabel(row.ts, Date.now())}</span>
        </h2>
      );
    case "new":
      return (
        <div class="new-line">
          <span>New</span>
        </div>
      );
    case "gap":
      return <GapRow row={row} scene={scene} />;
    case "note":
      return (
        <Boundary of={row.entry} instead={null}>
          <Note id={row.key} entry={row.entry} scene={scene} />
        </Boundary>
      );
    case "message": {
      const { message, head, key } = row;
      return (
        <MessageRow
          id={key}
          room={scene.room}
          message={message}
          head={head}
          source={message.replyTo === null ? undefined : scene.bySeq.get(message.replyTo)}
          current={key === scene.chosen}
          lit={key === scene.lit}
          pinned={scene.pinned.has(message.seq)}
          readers={scene.readers.get(key)}
          rights={scene.rights}
          now={Date.now()}
          actions={scene.actions}
        />
      );
    }
  }
}

/** What stands above the oldest message: history on its way, a failed page, or the room's beginning. */
export function LogTop(props: { readonly talk: Talk; readonly title: string }) {
  const { talk, title } = props;
  const { history } = talk;
  if (history.failed && (history.more || !history.loaded)) {
    return (
      <button type="button" class="button small" onClick={() => history.loadOlder()}>
        Load messages
      </button>
    );
  }
  if (!history.loaded) return talk.state === "open" || talk.state === "connecting" ? <Skeleton /> : null;
  if (history.more) return <p class="hint">Loading messages …</p>;
  return (
    <div class="beginning">
      <HashIcon />
      <p class="beginning-title">
        This is the beginning of <bdi>{title}</bdi>.
      </p>
      {talk.messages.length === 0 && <p class="hint">Say hello, or send somebody the link of this room.</p>}
    </div>
  );
}

/** Lengths (% of the line) of the lines that stand for messages on their way. */
const SKELETON = [62, 38, 74, 51];

function Skeleton() {
  return (
    <div class="skeleton">
      <p class="sr-only">Loading messages …</p>
      {SKELETON.map((width) => (
        <div key={width} class="skeleton-row" aria-hidden="true">
          <span class="skeleton-picture" />
          <span class={`skeleton-lines of-${width}`} />
        </div>
      ))}
    </div>
  );
}
