// Who is in the room: each person once, whatever number of tabs; or how many, when they are too many to list.
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Crowd, Present } from "../../../src/client";
import { plural } from "../text/format";
import { Avatar } from "../ui/avatar";
import { CloseIcon } from "../ui/icons";
import { crowdLabel } from "./people";

/** Its id, for the button that opens it. */
export const PEOPLE_PANEL = "people-panel";

function Row(props: { readonly one: Present; readonly self: boolean }) {
  const { person, connections, away } = props.one;
  const state = away ? "away" : "here";
  const more = [
    ...(props.self ? ["you"] : []),
    ...(person.bot ? ["bot"] : person.guest ? ["guest"] : []),
    ...(connections > 1 ? [plural(connections, "tab")] : []),
  ];
  return (
    <li class={`person ${state}`}>
      <span class="person-picture">
        <Avatar id={person.id} name={person.name} />
        <span class="presence" title={state} />
      </span>
      <span class="person-text">
        <bdi class="person-name">{person.name}</bdi>
        {more.length > 0 && <small class="hint">{more.join(" · ")}</small>}
      </span>
      <span class="sr-only">, {state}</span>
    </li>
  );
}

function Group(props: {
  readonly title: string;
  readonly people: readonly Present[];
  readonly selfId: string | undefined;
}) {
  if (props.people.length === 0) return null;
  return (
    <section class="people-group">
      <h3>
        {props.title} <span class="people-number">{props.people.length}</span>
      </h3>
      <ul>
        {props.people.map((one) => (
          <Row key={one.person.ref} one={one} self={one.person.id === props.selfId} />
        ))}
      </ul>
    </section>
  );
}

export function PeoplePanel(props: {
  readonly people: readonly Present[];
  readonly crowd: Crowd | undefined;
  readonly selfId: string | undefined;
  /** Whether the line is up: without it nobody knows who is here. */
  readonly live: boolean;
  /** Somebody has just opened it; else it was open before. */
  readonly byHand: boolean;
  readonly onClose: () => void;
}) {
  const { people, crowd, selfId } = props;
  const panel = useRef<HTMLElement>(null);
  // Opened by hand, it is what the next key belongs to.
  useLayoutEffect(() => {
    if (props.byHand) panel.current?.focus();
  }, []);
  const too = crowd !== undefined && !crowd.listed;
  return (
    <aside
      ref={panel}
      id={PEOPLE_PANEL}
      class="people"
      aria-label="People"
      tabIndex={-1}
      onKeyDown={(event) => event.key === "Escape" && props.onClose()}
    >
      <header class="people-head">
        <h2>People</h2>
        <button type="button" class="icon-button" aria-label="Close the list of people" onClick={props.onClose}>
          <CloseIcon />
        </button>
      </header>
      <div class={props.live ? "people-list" : "people-list stale"}>
        {!props.live && <p class="hint">As it was when the line was lost.</p>}
        {too ? (
          <>
            <p class="people-crowd">{crowdLabel(crowd)}</p>
            <p class="hint">Too many to list: the room shows numbers only.</p>
          </>
        ) : (
          <>
            <Group title="Here" people={people.filter(({ away }) => !away)} selfId={selfId} />
            <Group title="Away" people={people.filter(({ away }) => away)} selfId={selfId} />
            {people.length === 0 && <p class="hint">Nobody is listed yet.</p>}
          </>
        )}
      </div>
    </aside>
  );
}
