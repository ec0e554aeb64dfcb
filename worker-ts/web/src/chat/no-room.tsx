// What stands in the place of a room that cannot be entered, or not any more.
import { navigate } from "../route";

const TITLES: Readonly<Record<string, string>> = {
  not_found: "There is no such room",
  banned: "You cannot enter this room",
  forbidden: "You cannot enter this room",
  gone: "This room was deleted",
};
const HINTS: Readonly<Record<string, string>> = {
  not_found: "It may be private, or deleted.",
  banned: "You were banned from it.",
  forbidden: "You were banned from it, or are no longer a member.",
  gone: "Its owner has deleted it.",
};

/** Ends of a connection after which there is no room to come back to. */
export const endsRoom = (code: string | undefined): boolean =>
  code === "forbidden" || code === "banned" || code === "gone" || code === "not_found";

export function NoRoom(props: { readonly code: string; readonly message: string; readonly onRetry: () => void }) {
  const { code } = props;
  return (
    <div class="empty">
      <h1>{TITLES[code] ?? "This room could not be opened"}</h1>
      <p class="hint">{HINTS[code] ?? props.message}</p>
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
