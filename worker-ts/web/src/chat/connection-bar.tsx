// One line that tells about the connection, and only when there is something to tell.
import { useEffect, useRef, useState } from "preact/hooks";
import type { TalkState } from "../talk/talk";
import { plural } from "../text/format";

const BACK_MS = 2500;

/** "Back" for a moment after the connection was lost and found; never for the first connection. */
function useBack(state: TalkState): boolean {
  const lost = useRef(false);
  const [back, setBack] = useState(false);
  useEffect(() => {
    if (state === "waiting" || state === "closed") lost.current = true;
    if (state !== "open" || !lost.current) return;
    lost.current = false;
    setBack(true);
    const timer = setTimeout(() => setBack(false), BACK_MS);
    return () => {
      clearTimeout(timer);
      setBack(false);
    };
  }, [state]);
  return back;
}

export function ConnectionBar(props: {
  readonly state: TalkState;
  readonly unsent: number;
  readonly reason: string | undefined;
  readonly onRetry: () => void;
}) {
  const { state, unsent, reason } = props;
  const back = useBack(state);
  const kept = unsent === 0 ? "" : ` · ${plural(unsent, "unsent message")}`;
  const retry = (
    <button type="button" class="link-button" onClick={props.onRetry}>
      Try now
    </button>
  );
  return (
    <div class="bar-place" role="status">
      {state === "connecting" && <p class="bar connecting">Connecting …{kept}</p>}
      {state === "waiting" && (
        <p class="bar waiting">
          <span>Offline{kept}</span> {retry}
        </p>
      )}
      {state === "closed" && (
        <p class="bar closed">
          <span>
            Disconnected{kept}
            {reason === undefined ? "" : `. ${reason}`}
          </span>{" "}
          {retry}
        </p>
      )}
      {state === "open" && back && <p class="bar back">Back online</p>}
    </div>
  );
}
