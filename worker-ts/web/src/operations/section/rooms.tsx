// The rooms in which something goes on, each by its own word; some of them by a filter, any other by a search.
import { useId, useState } from "preact/hooks";
import { sayError } from "../../api";
import { findRooms, type LiveRoom } from "../api";
import { useDesk, useFigures } from "../live/desk";
import { opened } from "../model/place";
import { inOrder, isMeant, lagOf, nameOf, refusedOf, socketsOf } from "../model/rooms";
import { sayCode, sayNumber } from "../model/words";
import { AskMore } from "../part/ask-more";
import { Go } from "../part/go";
import { Empty, Section } from "../part/section";
import { Table } from "../part/table";
import { When } from "../part/when";

const FILTERS = [
  ["", "all that are active"],
  ["behind", "with slow consumers"],
  ["lag", "with entries not archived"],
  ["closed", "that are closed"],
  ["silent", "that do not answer"],
] as const;

function Filter() {
  const { place, go } = useDesk();
  const field = useId();
  const { only = "" } = place;
  const known = FILTERS.some(([value]) => value === only);
  return (
    <div class="ops-filter">
      <label for={field}>Rooms</label>
      <select id={field} value={only} onChange={(event) => go({ at: "rooms", only: event.currentTarget.value })}>
        {FILTERS.map(([value, name]) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
        {!known && <option value={only}>that refused: {sayCode(only.replace("refused:", ""))}</option>}
      </select>
    </div>
  );
}

type Found = Awaited<ReturnType<typeof findRooms>>;

function Search() {
  const { place } = useDesk();
  const field = useId();
  const [text, setText] = useState("");
  const [found, setFound] = useState<Found>();
  const [failure, setFailure] = useState<string>();
  const submit = async (event: Event) => {
    event.preventDefault();
    setFailure(undefined);
    if (text.trim() === "") return setFound(undefined);
    await findRooms(text.trim()).then(setFound, (error: unknown) => setFailure(sayError(error)));
  };
  return (
    <form class="ops-filter" aria-label="Find a room" onSubmit={submit}>
      <label for={field}>Find any room</label>
      <input
        id={field}
        type="search"
        value={text}
        maxLength={100}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <button type="submit" class="button small">
        Find
      </button>
      {failure !== undefined && <p class="refusal">{failure}</p>}
      {found !== undefined && (
        <ul class="ops-found" aria-label="Rooms that were found">
          {found.rows.map(({ id, title, deletedAt }) => (
            <li key={id}>
              <Go to={opened({ ...place, at: "rooms" }, { room: id })}>{nameOf({ id, title })}</Go> <code>{id}</code>
              {deletedAt !== null && " (deleted)"}
            </li>
          ))}
          {found.rows.length === 0 && <li class="hint">No room is called that.</li>}
          {found.next !== null && <li class="hint">There are more: these are the newest. Say more of the name.</li>}
        </ul>
      )}
    </form>
  );
}

/** A number that leads on, or a plain nothing. */
function Counted(props: { readonly count: number; readonly room: LiveRoom; readonly what: string }) {
  const { place } = useDesk();
  const { count, room, what } = props;
  if (count === 0) return <>0</>;
  return (
    <Go to={opened({ ...place, at: "rooms" }, { room: room.id })} label={`${count} ${what} in ${nameOf(room)}`}>
      {sayNumber(count)}
    </Go>
  );
}

function Row(props: { readonly room: LiveRoom }) {
  const { place } = useDesk();
  const { room } = props;
  const { watch } = room;
  const refused = watch === null ? 0 : refusedOf(watch).reduce((sum, [, count]) => sum + count, 0);
  return (
    <tr aria-current={place.room === room.id ? "true" : undefined}>
      <th scope="row">
        <Go to={opened(place, { room: room.id })}>{nameOf(room)}</Go>
        <code>{room.id}</code>
      </th>
      {watch === null ? (
        <td colSpan={5}>
          <span class="mark-text bad">{room.silent === "late" ? "does not answer" : "fails"}</span>
        </td>
      ) : (
        <>
          <td class="number">{sayNumber(socketsOf(watch))}</td>
          <td class="number">{sayNumber(watch.headSeq)}</td>
          <td class="number">
            <Counted count={lagOf(watch)} room={room} what="entries not archived" />
            {watch.unarchivedSince !== null && (
              <small>
                {" "}
                <When at={watch.unarchivedSince} />
              </small>
            )}
          </td>
          <td class="number">
            <Counted count={watch.laggards.count} room={room} what="slow consumers" />
          </td>
          <td class="number">
            <Counted count={refused} room={room} what="refusals" />
          </td>
        </>
      )}
      <td>{room.closedAt !== null && <span class="mark-text warn">closed</span>}</td>
    </tr>
  );
}

/** What stands where no room is meant. */
function emptyOf(only: string | undefined, more: boolean): string {
  if (!only) return "No room is active.";
  return more ? "None of the rooms that are asked is like that." : "No active room is like that.";
}

export function RoomsSection() {
  const { place } = useDesk();
  const { rooms, more, roomsFailure } = useFigures();
  const meant = rooms && inOrder(rooms.filter((room) => isMeant(room, place.only)));
  return (
    <Section
      title="Rooms"
      failure={roomsFailure}
      hint="Rooms with sockets, or in which something was said within a day. Each is asked itself."
    >
      <div class="ops-filters">
        <Filter />
        <Search />
      </div>
      {meant === undefined && roomsFailure === undefined && <p class="hint">The rooms are asked …</p>}
      {meant?.length === 0 && <Empty>{emptyOf(place.only, more)}</Empty>}
      {meant !== undefined && meant.length > 0 && (
        <Table name="Rooms" columns={["Room", "Sockets", "Head", "Not archived", "Behind", "Refused", "State"]}>
          {meant.map((room) => (
            <Row key={room.id} room={room} />
          ))}
        </Table>
      )}
      <AskMore />
    </Section>
  );
}
