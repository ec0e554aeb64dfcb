// The audit: what was done with rights, everywhere or in one room, the newest first.
import { type AuditEntry, listAudit } from "../api";
import { useDesk } from "../live/desk";
import { usePages } from "../live/use-pages";
import { opened } from "../model/place";
import { sayDetail, sayDoing } from "../model/words";
import { Go } from "../part/go";
import { ListEnd, Section } from "../part/section";
import { When } from "../part/when";

function Row(props: { readonly entry: AuditEntry }) {
  const { place } = useDesk();
  const { entry } = props;
  const detail = sayDetail(entry);
  return (
    <li class="ops-row">
      <div class="ops-row-head">
        <When at={entry.at} />
        {entry.actorId === null ? (
          <span title="The admin by token, or the house itself">the house</span>
        ) : (
          <Go to={opened(place, { user: entry.actorId })}>{entry.actorId.slice(0, 8)}</Go>
        )}
        <strong>{sayDoing(entry)}</strong>
        {entry.subject !== null && <Go to={opened(place, { user: entry.subject })}>{entry.subject.slice(0, 8)}</Go>}
        {entry.roomId !== null && (
          <span>
            in <Go to={{ at: "rooms", room: entry.roomId }}>{entry.roomId}</Go>
          </span>
        )}
      </div>
      {detail !== "" && <p class="hint">{detail}</p>}
    </li>
  );
}

export function AuditSection() {
  const { place } = useDesk();
  const listed = usePages(place.of ?? "", (cursor) => listAudit(place.of, cursor));
  return (
    <Section title="Audit" failure={listed.failure} hint="What was done with rights. Nothing here is ever changed.">
      {place.of !== undefined && (
        <p>
          of the room <code>{place.of}</code> · <Go to={{ at: "audit" }}>of all rooms</Go>
        </p>
      )}
      <ul class="ops-list" aria-label="Audit">
        {listed.rows?.map((entry) => (
          <Row key={entry.id} entry={entry} />
        ))}
      </ul>
      <ListEnd listed={listed} empty="Nothing was done with rights yet." />
    </Section>
  );
}
