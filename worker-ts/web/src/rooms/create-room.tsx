// The dialog that makes a room.
import { useId, useState } from "preact/hooks";
import { createRoom, type RoomInfo } from "../api";
import { Dialog } from "../layer/dialog";
import { Refusal } from "../layer/refusal";
import { useSubmit } from "../layer/submit";
import { TITLE_CHARACTERS_MAX, TOPIC_CHARACTERS_MAX } from "../room/room-settings";

export function CreateRoom(props: { readonly onClose: () => void; readonly onMade: (room: RoomInfo) => void }) {
  const titleId = useId();
  const [title, setTitle] = useState("");
  const [visibility, setVisibility] = useState<RoomInfo["visibility"]>("public");
  const [topic, setTopic] = useState("");
  const { busy, refusal, submit } = useSubmit(async () =>
    props.onMade(await createRoom(title.trim(), visibility, topic.trim())),
  );

  const choice = (value: RoomInfo["visibility"], label: string, hint: string) => (
    <label class="choice">
      <input
        type="radio"
        name="visibility"
        value={value}
        checked={visibility === value}
        onChange={() => setVisibility(value)}
      />
      <span>
        <strong>{label}</strong>
        <small class="hint">{hint}</small>
      </span>
    </label>
  );

  return (
    <Dialog title="New room" onClose={props.onClose}>
      <form class="stack" onSubmit={submit}>
        <div class="field">
          <label for={titleId}>Name</label>
          <input
            id={titleId}
            dir="auto"
            value={title}
            maxLength={TITLE_CHARACTERS_MAX}
            required
            // The dialog asks for this one thing: the cursor belongs here.
            autofocus
            autocomplete="off"
            onInput={(event) => setTitle(event.currentTarget.value)}
          />
        </div>
        <div class="field">
          <label for={`${titleId}-topic`}>
            Topic <span class="hint">(optional)</span>
          </label>
          <input
            id={`${titleId}-topic`}
            dir="auto"
            value={topic}
            maxLength={TOPIC_CHARACTERS_MAX}
            autocomplete="off"
            onInput={(event) => setTopic(event.currentTarget.value)}
          />
        </div>
        <fieldset class="choices">
          <legend>Who can come in</legend>
          {choice("public", "Public", "Listed; everybody with an account or as a guest can join")}
          {choice("private", "Private", "Not listed; members come in by invitation")}
        </fieldset>
        <Refusal text={refusal} />
        <div class="buttons">
          <button type="button" class="button" onClick={props.onClose}>
            Cancel
          </button>
          <button type="submit" class="button primary" disabled={busy || title.trim() === ""}>
            Create room
          </button>
        </div>
      </form>
    </Dialog>
  );
}
