// The panel that stands beside the log: people, pins or search, with what the room hands them.
import { type Found, type Member, type RoomInfo, sayError } from "../api";
import { tell } from "../layer/toast";
import { PeoplePanel } from "../people/people-panel";
import { PinsPanel } from "../pins/pins-panel";
import { navigate } from "../route";
import { type Query, SearchPanel } from "../search/search-panel";
import type { Talk } from "../talk/talk";
import type { Listed } from "../talk/use-news";
import type { Panel } from "./use-panel";

export interface PanelsProps {
  readonly room: string;
  readonly rooms: readonly RoomInfo[];
  readonly talk: Talk | undefined;
  readonly members: Listed<Member>;
  readonly pins: Listed<Found>;
  readonly panel: Panel;
  readonly query: Query;
  readonly onQuery: (query: Query) => void;
  /** A message of this room is to be shown. */
  readonly onGo: (seq: number) => void;
  readonly onInvite: () => void;
  readonly onClose: () => void;
}

export function Panels(props: PanelsProps) {
  const { room, talk, panel, onClose } = props;
  const { byHand } = panel;
  const role = talk?.role;
  const keeper = role === "owner" || role === "moderator";
  const go = (where: string, seq: number) => {
    panel.makeWay();
    if (where === room) props.onGo(seq);
    else navigate({ at: "room", room: where, seq });
  };
  const unpin = (seq: number) =>
    void talk?.pin(seq, false).catch((error: unknown) => tell(sayError(error), { bad: true }));
  switch (panel.open) {
    case "people":
      return (
        <PeoplePanel
          room={room}
          people={talk?.company.people ?? []}
          members={props.members.list ?? []}
          crowd={talk?.crowd}
          selfId={talk?.selfId}
          role={role}
          live={talk?.state === "open"}
          byHand={byHand}
          onInvite={keeper ? props.onInvite : undefined}
          onClose={onClose}
        />
      );
    case "pins":
      return (
        <PinsPanel
          pins={props.pins}
          byHand={byHand}
          onGo={(seq) => go(room, seq)}
          onUnpin={keeper ? unpin : undefined}
          onClose={onClose}
        />
      );
    case "search":
      return (
        <SearchPanel
          room={room}
          rooms={props.rooms}
          query={props.query}
          onQuery={props.onQuery}
          byHand={byHand}
          onGo={go}
          onClose={onClose}
        />
      );
    default:
      return null;
  }
}
