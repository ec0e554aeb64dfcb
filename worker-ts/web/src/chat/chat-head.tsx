// The head of a room: its name, who is in it, and the tools.
import type { ComponentChildren } from "preact";
import type { RoomInfo } from "../api";
import { PEOPLE_PANEL } from "../people/people-panel";
import { followLink, pathOf } from "../route";
import { CopyButton } from "../ui/copy-button";
import { BackIcon, HashIcon, LockIcon, PeopleIcon } from "../ui/icons";

const ROOMS = { at: "rooms" } as const;

export function ChatHead(props: {
  readonly room: string;
  readonly title: string;
  readonly info: RoomInfo | undefined;
  readonly closed: boolean;
  /** How many people are here; undefined before the room has told. */
  readonly people: number | undefined;
  readonly panelOpen: boolean;
  readonly onPanel: () => void;
  /** Buttons of the drawers. */
  readonly tools: ComponentChildren;
}) {
  const { info, people } = props;
  const count = people === undefined ? "" : `, ${people} here`;
  return (
    <header class="chat-head">
      <a
        class="icon-button only-narrow"
        href={pathOf(ROOMS)}
        aria-label="All rooms"
        onClick={(event) => followLink(event, ROOMS)}
      >
        <BackIcon />
      </a>
      <h1 class="chat-title">
        {info?.visibility === "private" ? <LockIcon /> : <HashIcon />}
        <span dir="auto">{props.title}</span>
      </h1>
      {props.closed && <span class="tag">closed</span>}
      {info !== undefined && info.topic !== "" && <p class="topic">{info.topic}</p>}
      <div class="chat-tools">
        {props.tools}
        <CopyButton
          label="Copy the link of this room"
          text={() => location.origin + pathOf({ at: "room", room: props.room })}
        />
        <button
          type="button"
          class="icon-button people-button"
          aria-label={`People${count}`}
          title="People"
          aria-expanded={props.panelOpen}
          aria-controls={props.panelOpen ? PEOPLE_PANEL : undefined}
          onClick={props.onPanel}
        >
          <PeopleIcon />
          {people !== undefined && <span aria-hidden="true">{people > 999 ? "999+" : people}</span>}
        </button>
      </div>
    </header>
  );
}
