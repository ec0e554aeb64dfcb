// One room: how it stands by its own word, who is behind in it, what the archive lacks, what it refused; and its repairs.
import { Fact, Facts } from "../../admin/facts";
import { plural } from "../../text/format";
import { closeRoom, getRoom, resend, type Watch, type WatchedRoom } from "../api";
import { useDesk } from "../live/desk";
import { usePoll } from "../live/use-poll";
import { opened } from "../model/place";
import { lagOf, nameOf, refusedOf, socketsOf } from "../model/rooms";
import { sayBytes, sayCode, sayNumber } from "../model/words";
import { Go } from "../part/go";
import { AskedRepair, Repair } from "../part/repair";
import { Unknown } from "../part/unknown";
import { When } from "../part/when";
import { Disconnect } from "../section/slow";

const LOOK_MS = 2_000;

function Repairs(props: { readonly room: WatchedRoom["room"]; readonly lag: number }) {
  const { room, lag } = props;
  const name = nameOf(room);
  return (
    <div class="ops-repairs">
      {room.closedAt === null ? (
        <AskedRepair
          name="Close the room …"
          title={`Close ${name}`}
          action="Close it"
          mild
          mend={async () => {
            await closeRoom(room.id, true);
            return `${name} is closed.`;
          }}
        >
          <p>Nobody can write in it until it is opened again. Who is in it stays, and can read.</p>
        </AskedRepair>
      ) : (
        <Repair
          name="Reopen the room"
          mend={async () => {
            await closeRoom(room.id, false);
            return `${name} is open again.`;
          }}
        />
      )}
      <Repair
        name="Send to the archive again"
        primary={lag > 0}
        mend={async () => {
          const { batches } = await resend(room.id);
          return batches === 0
            ? "Nothing waits that is not on its way."
            : `${plural(batches, "batch")} is sent again.`.replace("batchs is", "batches are");
        }}
      />
    </div>
  );
}

function Figures(props: { readonly watch: Watch }) {
  const { watch } = props;
  const lag = lagOf(watch);
  return (
    <Facts>
      <Fact name="Sockets">
        {sayNumber(socketsOf(watch))}, {plural(watch.online, "person").replace("persons", "people")}
      </Fact>
      {watch.relays.length > 0 && (
        <Fact name="Relays">
          <ul aria-label="Relays">
            {watch.relays.map(({ n, sockets, at }) => (
              <li key={n}>
                {n}: {plural(sockets, "socket")}, at {sayNumber(at)}
              </li>
            ))}
          </ul>
        </Fact>
      )}
      <Fact name="Head">
        {sayNumber(watch.headSeq)}
        {watch.lastAt !== null && (
          <>
            , <When at={watch.lastAt} />
          </>
        )}
      </Fact>
      <Fact name="Not archived">
        {sayNumber(lag)}
        {watch.unarchivedSince !== null && (
          <>
            , the oldest <When at={watch.unarchivedSince} />
          </>
        )}
      </Fact>
      <Fact name="Due">
        {watch.due.length === 0
          ? "nothing"
          : watch.due.map(({ kind, count }) => `${kind}${count > 1 ? ` (${count})` : ""}`).join(", ")}
      </Fact>
    </Facts>
  );
}

function Laggards(props: { readonly id: string; readonly watch: Watch }) {
  const { count, worst } = props.watch.laggards;
  const { place } = useDesk();
  return (
    <section class="ops-block" aria-label="Slow consumers of the room">
      <h3>Slow consumers</h3>
      {count === 0 && <p class="hint">Everybody keeps up.</p>}
      <ul class="ops-list">
        {worst.map((slow) => (
          <li key={slow.conn} class="ops-row ops-row-head">
            <Go to={opened(place, { user: slow.userId })}>{slow.name === "" ? slow.userId : slow.name}</Go>
            <span>
              {sayBytes(slow.bytes)} behind{slow.relay !== null && `, relay ${slow.relay}`}
            </span>
            <Disconnect room={props.id} slow={slow} />
          </li>
        ))}
      </ul>
      {count > worst.length && <p class="hint">and {sayNumber(count - worst.length)} more</p>}
    </section>
  );
}

function Batches(props: { readonly watch: Watch }) {
  const { count, first } = props.watch.batches;
  return (
    <section class="ops-block" aria-label="Batches that the archive has not reported">
      <h3>Batches not archived</h3>
      {count === 0 && <p class="hint">The archive has reported all that was sent.</p>}
      <ul class="ops-list">
        {first.map(({ from, to, sentAt, tries }) => (
          <li key={from} class="ops-row">
            {from}–{to}:{" "}
            {tries === 0 ? (
              "about to be sent"
            ) : (
              <>
                sent <When at={sentAt} />
              </>
            )}
          </li>
        ))}
      </ul>
      {count > first.length && <p class="hint">and {sayNumber(count - first.length)} more</p>}
    </section>
  );
}

function Refused(props: { readonly watch: Watch }) {
  const refused = refusedOf(props.watch);
  return (
    <section class="ops-block" aria-label="Limits hit in the room">
      <h3>Limits hit</h3>
      {refused.length === 0 && <p class="hint">Nothing was refused here.</p>}
      {refused.length > 0 && (
        <Facts>
          {refused.map(([code, count]) => (
            <Fact key={code} name={sayCode(code)}>
              {sayNumber(count)}
            </Fact>
          ))}
        </Facts>
      )}
    </section>
  );
}

export function RoomDetail(props: { readonly id: string }) {
  const { id } = props;
  const { data, failure, gone } = usePoll(id, () => getRoom(id), LOOK_MS);
  if (data === undefined || gone) return <Unknown failure={failure} gone={gone} />;
  const { room, watch, silent } = data;
  return (
    <>
      <h2>{nameOf(room)}</h2>
      <p class="hint">
        <code>{room.id}</code> · {room.visibility}
        {room.closedAt !== null && " · closed"}
        {room.deletedAt !== null && " · deleted"} · <a href={`/rooms/${room.id}`}>open the chat</a> ·{" "}
        <Go to={{ at: "letters", of: room.id }}>its dead letters</Go> ·{" "}
        <Go to={{ at: "audit", of: room.id }}>its audit</Go>
      </p>
      {silent !== null && (
        <p class="refusal" role="alert">
          {silent === "late" ? "The room does not answer in time." : "The room fails; the log of the Worker tells why."}
        </p>
      )}
      {room.deletedAt === null && <Repairs room={room} lag={watch === null ? 0 : lagOf(watch)} />}
      {watch !== null && (
        <>
          <Figures watch={watch} />
          <Laggards id={id} watch={watch} />
          <Batches watch={watch} />
          <Refused watch={watch} />
        </>
      )}
    </>
  );
}
