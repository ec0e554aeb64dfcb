// Who belongs to the room: each person once, whatever number of tabs, with what they are; or how many, when they are too many to
// list. Whoever may keeps the order from here.
import { useState } from "preact/hooks";
import type { Crowd, Present } from "../../../src/client";
import { type Member, type RoomRole, sayError } from "../api";
import { SidePanel } from "../layer/side-panel";
import { tell } from "../layer/toast";
import { plural } from "../text/format";
import { Avatar } from "../ui/avatar";
import { CrownIcon, InviteIcon, MoreIcon, ShieldIcon } from "../ui/icons";
import { crowdLabel } from "./people";
import { type Ask, changeRole, PersonConfirm, PersonMenu, roleName } from "./person-menu";
import { type Fellow, makeRoster, type PersonRights, rightsOver } from "./roster";

/** Its id, for the button that opens it. */
export const PEOPLE_PANEL = "people-panel";

/** What a row needs to know besides the person. */
interface Scene {
  readonly selfId: string | undefined;
  readonly rightsOver: (fellow: Fellow) => PersonRights;
  readonly onMenu: (fellow: Fellow, anchor: Element) => void;
}

function Row(props: { readonly fellow: Fellow; readonly scene: Scene }) {
  const { fellow, scene } = props;
  const { id, name, guest, bot, role, state, connections } = fellow;
  const told = state === "gone" ? "not here" : state;
  const more = [
    ...(id === scene.selfId ? ["you"] : []),
    ...(bot ? ["bot"] : guest ? ["guest"] : []),
    ...(connections > 1 ? [plural(connections, "tab")] : []),
  ];
  const { roles, remove, ban, unban } = scene.rightsOver(fellow);
  return (
    <li class={`person ${state}`}>
      <span class="person-picture">
        <Avatar id={id} name={name} />
        {role !== "banned" && <span class="presence" title={told} />}
      </span>
      <span class="person-text">
        <bdi class="person-name">{name}</bdi>
        {more.length > 0 && <small class="hint">{more.join(" · ")}</small>}
      </span>
      <span class="sr-only">, {role === "banned" ? "banned" : told}</span>
      {(role === "owner" || role === "moderator") && (
        <span class="role" title={roleName(role)}>
          {role === "owner" ? <CrownIcon /> : <ShieldIcon />}
          <b class="sr-only">{roleName(role)}</b>
        </span>
      )}
      {(roles.length > 0 || remove || ban || unban) && (
        <button
          type="button"
          class="icon-button"
          aria-label={`What to do with ${name}`}
          title="Role, remove, ban"
          aria-haspopup="menu"
          onClick={(event) => scene.onMenu(fellow, event.currentTarget)}
        >
          <MoreIcon />
        </button>
      )}
    </li>
  );
}

function Group(props: { readonly title: string; readonly people: readonly Fellow[]; readonly scene: Scene }) {
  if (props.people.length === 0) return null;
  return (
    <section class="people-group">
      <h3>
        {props.title} <span class="people-number">{props.people.length}</span>
      </h3>
      <ul>
        {props.people.map((fellow) => (
          <Row key={fellow.id} fellow={fellow} scene={props.scene} />
        ))}
      </ul>
    </section>
  );
}

export interface PeoplePanelProps {
  readonly room: string;
  readonly people: readonly Present[];
  readonly members: readonly Member[];
  readonly crowd: Crowd | undefined;
  readonly selfId: string | undefined;
  readonly role: RoomRole | undefined;
  /** Whether the line is up: without it nobody knows who is here. */
  readonly live: boolean;
  /** Somebody has just opened it; else it was open before. */
  readonly byHand: boolean;
  readonly onClose: () => void;
  /** Somebody is to be asked in; undefined: the user may not. */
  readonly onInvite: (() => void) | undefined;
}

export function PeoplePanel(props: PeoplePanelProps) {
  const { room, people, members, crowd, selfId, role, live, onInvite } = props;
  const [menu, setMenu] = useState<{ readonly fellow: Fellow; readonly anchor: Element }>();
  const [ask, setAsk] = useState<{ readonly fellow: Fellow; readonly ask: Ask }>();
  const roster = makeRoster(people, members, selfId);
  const scene: Scene = {
    selfId,
    rightsOver: (fellow) => rightsOver(role, selfId, fellow),
    onMenu: (fellow, anchor) => setMenu(menu?.anchor === anchor ? undefined : { fellow, anchor }),
  };
  const listed = crowd === undefined || crowd.listed;
  return (
    <SidePanel
      id={PEOPLE_PANEL}
      title="People"
      closing="Close the list of people"
      byHand={props.byHand}
      onClose={props.onClose}
    >
      <div class={live ? "people-list" : "people-list stale"}>
        {onInvite !== undefined && (
          <button type="button" class="panel-action" onClick={onInvite}>
            <InviteIcon /> Invite people
          </button>
        )}
        {!live && <p class="hint">As it was when the line was lost.</p>}
        {!listed && (
          <>
            <p class="people-crowd">{crowdLabel(crowd)}</p>
            <p class="hint">Too many to list who is here: the room shows numbers only.</p>
          </>
        )}
        <Group title="Here" people={roster.here} scene={scene} />
        <Group title="Away" people={roster.away} scene={scene} />
        <Group title={listed ? "Not here" : "Members"} people={roster.gone} scene={scene} />
        <Group title="Banned" people={roster.banned} scene={scene} />
        {people.length + members.length === 0 && listed && <p class="hint">Nobody is listed yet.</p>}
      </div>
      {menu !== undefined && (
        <PersonMenu
          {...menu}
          rights={scene.rightsOver(menu.fellow)}
          onRole={(next) =>
            void changeRole(room, menu.fellow, next).catch((error) => tell(sayError(error), { bad: true }))
          }
          onAsk={(next) => setAsk({ fellow: menu.fellow, ask: next })}
          onClose={() => setMenu(undefined)}
        />
      )}
      {ask !== undefined && (
        <PersonConfirm room={room} {...ask} onDone={() => setAsk(undefined)} onClose={() => setAsk(undefined)} />
      )}
    </SidePanel>
  );
}
