// Slow consumers: connections whose client does not handle what it is sent, in all rooms that are asked, the worst first.
import { disconnect, type Laggard } from "../api";
import { useDesk, useFigures } from "../live/desk";
import { opened } from "../model/place";
import { nameOf, type Slow, slowIn, sumsOf } from "../model/rooms";
import { sayBytes, sayNumber } from "../model/words";
import { AskMore } from "../part/ask-more";
import { Go } from "../part/go";
import { Repair } from "../part/repair";
import { Empty, Section } from "../part/section";
import { Table } from "../part/table";

/** Ends one: it comes back and goes on where it was. */
export function Disconnect(props: { readonly room: string; readonly slow: Laggard }) {
  const { room, slow } = props;
  const name = slow.name === "" ? slow.userId : slow.name;
  return (
    <Repair
      name="Disconnect"
      label={`Disconnect ${name}, connection ${slow.conn}`}
      mend={async () =>
        (await disconnect(room, slow)).closed ? `${name} is disconnected.` : `${name} was gone already.`
      }
    />
  );
}

function Row(props: { readonly slow: Slow }) {
  const { place } = useDesk();
  const { room, userId, name, bytes, recovering, relay } = props.slow;
  return (
    <tr>
      <th scope="row">
        <Go to={opened(place, { user: userId })}>{name === "" ? userId : name}</Go>
      </th>
      <td>
        <Go to={opened(place, { room: room.id })}>{nameOf(room)}</Go>
        {relay !== null && <> relay {relay}</>}
      </td>
      <td class="number">{sayBytes(bytes)}</td>
      <td>{recovering ? "is told what it missed" : "does not keep up"}</td>
      <td>
        <Disconnect room={room.id} slow={props.slow} />
      </td>
    </tr>
  );
}

export function SlowSection() {
  const { rooms, roomsFailure } = useFigures();
  const slow = slowIn(rooms ?? []);
  const unnamed = sumsOf(rooms ?? []).behind - slow.length;
  return (
    <Section
      title="Slow consumers"
      failure={roomsFailure}
      hint="Who is disconnected comes back by itself and goes on where it was; nothing is lost by it."
    >
      {rooms === undefined && roomsFailure === undefined && <p class="hint">The rooms are asked …</p>}
      {rooms !== undefined && slow.length === 0 && <Empty>Everybody keeps up.</Empty>}
      {slow.length > 0 && (
        <Table name="Slow consumers" columns={["Who", "Room", "Behind", "State", "Repair"]}>
          {slow.map((one) => (
            <Row key={`${one.room.id} ${one.conn}`} slow={one} />
          ))}
        </Table>
      )}
      {unnamed > 0 && <p class="hint">and {sayNumber(unnamed)} more: each room names its worst ones</p>}
      <AskMore />
    </Section>
  );
}
