// Looks for words in this room, or in all of the user's rooms; a hit leads to its message.
import type { Hit, RoomInfo } from "../api";
import { SidePanel } from "../layer/side-panel";
import { plural } from "../text/format";
import { FoundMessage } from "./found-message";
import { type Search, useSearch } from "./use-search";

/** What is looked for, and whether in all rooms. Kept by the page, so that a hit in another room does not end the search. */
export interface Query {
  readonly words: string;
  readonly all: boolean;
}

/** Its id, for the button that opens it. */
export const SEARCH_PANEL = "search-panel";

function outcome({ state, hits, more, reason }: Search): string {
  if (state === "idle") return "Words are found by how they begin. What was said a moment ago is found a little later.";
  if (state === "failed") return reason ?? "";
  if (hits.length === 0) return state === "busy" ? "Looking …" : "Nothing found.";
  return more === undefined ? plural(hits.length, "message") : `The newest ${plural(hits.length, "message")}`;
}

export function SearchPanel(props: {
  readonly room: string;
  readonly rooms: readonly RoomInfo[];
  readonly query: Query;
  readonly onQuery: (query: Query) => void;
  readonly byHand: boolean;
  readonly onGo: (room: string, seq: number) => void;
  readonly onClose: () => void;
}) {
  const { room, rooms, query, onQuery, onGo } = props;
  const { words, all } = query;
  const search = useSearch(all ? undefined : room, words);
  const titleOf = ({ message }: Hit) => rooms.find(({ id }) => id === message.roomId)?.title ?? message.roomId;
  const scope = (value: boolean, label: string) => (
    <label class="scope">
      <input type="radio" name="scope" checked={all === value} onChange={() => onQuery({ words, all: value })} />
      <span>{label}</span>
    </label>
  );
  return (
    <SidePanel
      id={SEARCH_PANEL}
      title="Search"
      closing="Close the search"
      byHand={props.byHand}
      onClose={props.onClose}
    >
      <search class="search-form">
        <div class="field">
          <input
            type="search"
            data-first
            value={words}
            placeholder="Words in messages"
            aria-label="Words to look for"
            maxLength={200}
            autocomplete="off"
            onInput={(event) => onQuery({ all, words: event.currentTarget.value })}
          />
        </div>
        <fieldset class="scopes" aria-label="Where to look">
          {scope(false, "This room")}
          {scope(true, "All my rooms")}
        </fieldset>
      </search>
      <div class="panel-list" aria-busy={search.state === "busy"}>
        <p class="hint" role="status">
          {outcome(search)}
        </p>
        <ul>
          {search.hits.map((hit) => (
            <li key={`${hit.message.roomId}.${hit.message.seq}`}>
              <FoundMessage
                message={hit.message}
                snippet={hit.snippet}
                {...(all ? { room: titleOf(hit) } : {})}
                onGo={() => onGo(hit.message.roomId, hit.message.seq)}
              />
            </li>
          ))}
        </ul>
        {search.more !== undefined && (
          <button type="button" class="button small" onClick={search.more}>
            Older ones
          </button>
        )}
      </div>
    </SidePanel>
  );
}
