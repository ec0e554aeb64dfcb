// The way to rooms that are active and not asked yet.
import { useFigures } from "../live/desk";

export function AskMore() {
  const { rooms, more, askMore } = useFigures();
  if (rooms === undefined || !more) return null;
  return (
    <p class="ops-repairs">
      <button type="button" class="button small" onClick={askMore}>
        Ask more rooms
      </button>
      <span class="hint">{rooms.length} are asked, those in which something happened last; there are more.</span>
    </p>
  );
}
