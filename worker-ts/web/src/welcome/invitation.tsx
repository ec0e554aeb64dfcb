// The way in by an invitation, for somebody who is signed in: one press, and they stand in the room.
import { useState } from "preact/hooks";
import { ApiError, acceptInvite, type RoomInfo, sayError } from "../api";
import { navigate } from "../route";
import { Mark } from "../ui/icons";

/** What to tell for a refusal's code. */
const REASONS: Readonly<Record<string, string>> = {
  not_found: "This invitation is not good (any more): it has run out, or has been used.",
  banned: "You were banned from this room.",
};

export function Invitation(props: {
  readonly token: string;
  readonly name: string;
  /** The room has been entered. */
  readonly onEntered: (room: RoomInfo) => void;
}) {
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string>();
  const enter = async () => {
    setBusy(true);
    setRefusal(undefined);
    try {
      props.onEntered(await acceptInvite(props.token));
    } catch (error) {
      const code = error instanceof ApiError ? error.code : "";
      setRefusal(REASONS[code] ?? sayError(error));
      setBusy(false);
    }
  };
  return (
    <div class="empty invitation">
      <Mark />
      <h1>You are invited</h1>
      <p class="hint">
        Somebody asks you into a room. You come in as <bdi class="strong">{props.name}</bdi>.
      </p>
      {refusal !== undefined && (
        <p class="refusal" role="alert">
          {refusal}
        </p>
      )}
      <div class="buttons">
        <button type="button" class="button" onClick={() => navigate({ at: "home" })}>
          Not now
        </button>
        <button type="button" class="button primary" disabled={busy} onClick={enter}>
          Accept the invitation
        </button>
      </div>
    </div>
  );
}
