// The head of a room: its name with its menu, its topic, and the buttons of panels and drawers.
import type { ComponentChildren, VNode } from "preact";
import { PEOPLE_PANEL } from "../people/people-panel";
import { PINS_PANEL } from "../pins/pins-panel";
import { type RoomDialog, RoomMenu, type RoomScene } from "../room/room-menu";
import { followLink, pathOf } from "../route";
import { SEARCH_PANEL } from "../search/search-panel";
import { linkify } from "../text/linkify";
import { BackIcon, PeopleIcon, PinIcon, SearchIcon } from "../ui/icons";
import type { Panel, PanelName } from "./use-panel";

const ROOMS = { at: "rooms" } as const;

interface Tab {
  readonly name: PanelName;
  readonly id: string;
  readonly label: string;
  readonly title: string;
  readonly icon: VNode;
  readonly count: string | undefined;
}

export function ChatHead(props: {
  readonly scene: RoomScene;
  /** How many people are here; undefined before the room has told. */
  readonly people: number | undefined;
  readonly pins: number;
  readonly panel: Panel;
  readonly onDialog: (dialog: RoomDialog) => void;
  /** Buttons of the drawers. */
  readonly tools: ComponentChildren;
}) {
  const { scene, people, pins, panel } = props;
  const { info } = scene;
  const tabs: readonly Tab[] = [
    {
      name: "search",
      id: SEARCH_PANEL,
      label: "Search",
      title: "Search (Ctrl K)",
      icon: <SearchIcon />,
      count: undefined,
    },
    {
      name: "pins",
      id: PINS_PANEL,
      label: pins === 0 ? "Pinned messages" : `Pinned messages, ${pins}`,
      title: "Pinned messages",
      icon: <PinIcon />,
      count: pins === 0 ? undefined : String(pins),
    },
    {
      name: "people",
      id: PEOPLE_PANEL,
      label: people === undefined ? "People" : `People, ${people} here`,
      title: "People",
      icon: <PeopleIcon />,
      count: people === undefined ? undefined : people > 999 ? "999+" : String(people),
    },
  ];
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
      <RoomMenu {...scene} onDialog={props.onDialog} />
      {scene.closed && <span class="tag">closed</span>}
      {info !== undefined && info.topic !== "" && <Topic text={info.topic} />}
      <div class="chat-tools">
        {props.tools}
        {tabs.map(({ name, id, label, title, icon, count }) => (
          <button
            key={name}
            type="button"
            class="icon-button people-button"
            aria-label={label}
            title={title}
            aria-expanded={panel.open === name}
            aria-controls={panel.open === name ? id : undefined}
            onClick={() => panel.toggle(name)}
          >
            {icon}
            {count !== undefined && <span aria-hidden="true">{count}</span>}
          </button>
        ))}
      </div>
    </header>
  );
}

function Topic(props: { readonly text: string }) {
  return (
    <p class="topic" dir="auto" title={props.text}>
      {linkify(props.text).map((part) =>
        part.href === undefined ? (
          part.text
        ) : (
          <a href={part.href} target="_blank" rel="noopener noreferrer nofollow">
            {part.text}
          </a>
        ),
      )}
    </p>
  );
}
