// The dialog in which an owner changes a room: its name and topic, its pace, whether it can be written to.
import { useId, useState } from "preact/hooks";
import { changeRoom, type RoomChange, type RoomInfo } from "../api";
import { Dialog } from "../layer/dialog";
import { Refusal } from "../layer/refusal";
import { useSubmit } from "../layer/submit";
import { spanLabel } from "../text/events";

/** Characters an input takes; the wire's limit is 256 bytes, which 64 characters of any script keep. */
export const TITLE_CHARACTERS_MAX = 64;
/** The server's limit is 1,024 bytes. */
export const TOPIC_CHARACTERS_MAX = 250;

const SLOW_MS = [0, 5_000, 10_000, 30_000, 60_000, 300_000, 900_000, 3_600_000] as const;
const EDIT_MS = [0, 60_000, 300_000, 900_000, 3_600_000, 86_400_000] as const;

/** A choice of times; one that was set elsewhere is among them. */
function Times(props: {
  readonly label: string;
  readonly hint: string;
  readonly none: string;
  readonly times: readonly number[];
  readonly value: number;
  readonly onChange: (ms: number) => void;
}) {
  const id = useId();
  const all = [...new Set([...props.times, props.value])].sort((a, b) => a - b);
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <select
        id={id}
        aria-describedby={`${id}-hint`}
        onChange={(event) => props.onChange(Number(event.currentTarget.value))}
      >
        {all.map((ms) => (
          <option key={ms} value={ms} selected={ms === props.value}>
            {ms === 0 ? props.none : spanLabel(ms)}
          </option>
        ))}
      </select>
      <small id={`${id}-hint`} class="hint">
        {props.hint}
      </small>
    </div>
  );
}

/** What of the form differs from the room. */
function difference(room: RoomInfo, now: Required<Omit<RoomChange, "closed">>): RoomChange {
  const keys = ["title", "topic", "slowModeMs", "editWindowMs"] as const;
  return Object.fromEntries(keys.filter((key) => now[key] !== room[key]).map((key) => [key, now[key]]));
}

export function RoomSettings(props: {
  readonly info: RoomInfo;
  readonly onDone: (room: RoomInfo) => void;
  readonly onClose: () => void;
}) {
  const { info } = props;
  const id = useId();
  const [title, setTitle] = useState(info.title);
  const [topic, setTopic] = useState(info.topic);
  const [slowModeMs, setSlowModeMs] = useState(info.slowModeMs);
  const [editWindowMs, setEditWindowMs] = useState(info.editWindowMs);
  const change = difference(info, { title: title.trim(), topic: topic.trim(), slowModeMs, editWindowMs });
  const changed = Object.keys(change).length > 0;
  const { busy, refusal, submit } = useSubmit(async () => props.onDone(await changeRoom(info.id, change)));
  return (
    <Dialog title="Room settings" onClose={props.onClose}>
      <form class="stack" onSubmit={submit}>
        <div class="field">
          <label for={`${id}-title`}>Name</label>
          <input
            id={`${id}-title`}
            dir="auto"
            value={title}
            maxLength={TITLE_CHARACTERS_MAX}
            required
            autofocus
            autocomplete="off"
            onInput={(event) => setTitle(event.currentTarget.value)}
          />
        </div>
        <div class="field">
          <label for={`${id}-topic`}>Topic</label>
          <input
            id={`${id}-topic`}
            dir="auto"
            value={topic}
            maxLength={TOPIC_CHARACTERS_MAX}
            autocomplete="off"
            onInput={(event) => setTopic(event.currentTarget.value)}
          />
        </div>
        <div class="pair">
          <Times
            label="Slow mode"
            hint="Least time between two messages of a member"
            none="Off"
            times={SLOW_MS}
            value={slowModeMs}
            onChange={setSlowModeMs}
          />
          <Times
            label="Editing"
            hint="How long one's own messages can be changed"
            none="Always"
            times={EDIT_MS}
            value={editWindowMs}
            onChange={setEditWindowMs}
          />
        </div>
        <Refusal text={refusal} />
        <div class="buttons">
          <button type="button" class="button" onClick={props.onClose}>
            Cancel
          </button>
          <button type="submit" class="button primary" disabled={busy || !changed || title.trim() === ""}>
            Save
          </button>
        </div>
      </form>
    </Dialog>
  );
}
