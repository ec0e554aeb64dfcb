// What is open beside the part: one room, letter or user. Opened by hand it takes the focus; Escape and its button shut it, and the focus
// goes back to what opened it.
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { CloseIcon } from "../../ui/icons";
import { useDesk } from "../live/desk";
import { openAt, type Place, shut } from "../model/place";
import { HEADING } from "../part/section";
import { LetterDetail } from "./letter";
import { RoomDetail } from "./room";
import { UserDetail } from "./user";

function contentOf({ room, letter, user }: Place): ComponentChildren {
  if (room !== undefined) return <RoomDetail key={room} id={room} />;
  if (letter !== undefined) return <LetterDetail key={letter} id={letter} />;
  return user === undefined ? null : <UserDetail key={user} id={user} />;
}

export function Panel() {
  const { place, go } = useDesk();
  const panel = useRef<HTMLElement>(null);
  const opener = useRef<Element | null>(null);
  const open = openAt(place);
  useLayoutEffect(() => {
    if (open === undefined) return;
    opener.current = document.activeElement;
    panel.current?.focus({ preventScroll: true });
    panel.current?.scrollIntoView({ block: "nearest" });
    return () => {
      const lost = document.activeElement === null || document.activeElement === document.body;
      const back = opener.current;
      if (!lost && !panel.current?.contains(document.activeElement)) return;
      const target = back instanceof HTMLElement && back.isConnected && back !== document.body ? back : undefined;
      (target ?? document.getElementById(HEADING))?.focus({ preventScroll: true });
    };
  }, [open]);
  if (open === undefined) return null;
  return (
    <aside
      ref={panel}
      class="ops-panel"
      aria-label="Details"
      tabIndex={-1}
      // a dialog over it takes Escape for itself
      onKeyDown={(event) => event.key === "Escape" && !(event.target as Element).closest("dialog") && go(shut(place))}
    >
      <button
        type="button"
        class="icon-button ops-shut"
        aria-label="Close the details"
        title="Close (Esc)"
        onClick={() => go(shut(place))}
      >
        <CloseIcon />
      </button>
      {contentOf(place)}
    </aside>
  );
}
