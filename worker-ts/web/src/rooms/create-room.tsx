// The dialog that makes a room.
import { useId, useState } from "preact/hooks";
import { createRoom, type RoomInfo } from "../api";
import { Dialog } from "../ui/dialog";

/** Characters an input takes; the wire's limit is 256 bytes, which 64 characters of any script keep. */
const TITLE_CHARACTERS_MAX = 64;

export function CreateRoom(props: { readonly onClose: () => void; readonly onMade: (room: RoomInfo) => void }) {
  const titleId = useId();
  const [title, setTitle] = useState("");
  const [visibility, setVisibility] = useState<RoomInfo["visibility"]>("public");
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string>();

  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setRefusal(undefined);
    try {
      props.onMade(await createRoom(title.trim(), visibility));
    } catch (error) {
      setRefusal(error instanceof Error ? error.message : String(error));
      setBusy(false);
    }
  };

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
            value={title}
            maxLength={TITLE_CHARACTERS_MAX}
            required
            // The dialog asks for this one thing: the cursor belongs here.
            autofocus
            autocomplete="off"
            onInput={(event) => setTitle(event.currentTarget.value)}
          />
        </div>
        <fieldset class="choices">
          <legend>Who can come in</legend>
          {choice("public", "Public", "Listed; everybody with an account or as a guest can join")}
          {choice("private", "Private", "Not listed; members only")}
        </fieldset>
        {refusal !== undefined && (
          <p class="refusal" role="alert">
            {refusal}
          </p>
        )}
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
