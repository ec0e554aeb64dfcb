// What is pinned in the room, the newest message first; a press leads to the message.
import type { Found } from "../api";
import { SidePanel } from "../layer/side-panel";
import { FoundMessage } from "../search/found-message";
import type { Listed } from "../talk/use-news";
import { CloseIcon } from "../ui/icons";

/** Its id, for the button that opens it. */
export const PINS_PANEL = "pins-panel";

export function PinsPanel(props: {
  readonly pins: Listed<Found>;
  readonly byHand: boolean;
  readonly onGo: (seq: number) => void;
  /** Takes one off the list; undefined: the user may not. */
  readonly onUnpin: ((seq: number) => void) | undefined;
  readonly onClose: () => void;
}) {
  const { pins, onGo, onUnpin } = props;
  const { list } = pins;
  return (
    <SidePanel
      id={PINS_PANEL}
      title="Pinned messages"
      closing="Close the pinned messages"
      byHand={props.byHand}
      onClose={props.onClose}
    >
      <div class="panel-list">
        {list === undefined && (
          <p class="hint">{pins.error === undefined ? "Loading …" : "The pinned messages could not be loaded."}</p>
        )}
        {list?.length === 0 && (
          <p class="hint">Nothing is pinned. Moderators and owners can pin what everybody should find again.</p>
        )}
        <ul>
          {list?.map((message) => (
            <li key={message.seq} class="found-line">
              <FoundMessage message={message} snippet={[[message.text, false]]} onGo={() => onGo(message.seq)} />
              {onUnpin !== undefined && (
                <button
                  type="button"
                  class="icon-button"
                  aria-label="Unpin"
                  title="Unpin"
                  onClick={() => onUnpin(message.seq)}
                >
                  <CloseIcon />
                </button>
              )}
            </li>
          ))}
        </ul>
      </div>
    </SidePanel>
  );
}
