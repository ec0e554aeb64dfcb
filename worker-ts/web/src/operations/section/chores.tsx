// Chores: work that was begun and is not finished. The daily sweep begins each again; here it is done at once.
import { beginChore, type Chore, listChores } from "../api";
import { usePages } from "../live/use-pages";
import { Go } from "../part/go";
import { Repair } from "../part/repair";
import { ListEnd, Section } from "../part/section";
import { When } from "../part/when";

const KINDS: Readonly<Record<string, string>> = {
  "remove-room": "remove a room",
  "erase-user": "erase a user",
  "adopt-guest": "hand over a guest's rooms",
};

function Row(props: { readonly chore: Chore }) {
  const { id, kind, subject, at, body } = props.chore;
  const missed = typeof body["missed"] === "string" && body["missed"] !== "" ? body["missed"] : undefined;
  return (
    <li class="ops-row">
      <div class="ops-row-head">
        <span>{KINDS[kind] ?? kind}</span>
        {kind === "remove-room" ? <Go to={{ at: "rooms", room: subject }}>{subject}</Go> : <code>{subject}</code>}
        <span>
          since <When at={at} />
        </span>
        {missed !== undefined && (
          <span class="ops-error">
            the room <Go to={{ at: "rooms", room: missed }}>{missed}</Go> failed
          </span>
        )}
      </div>
      <div class="ops-repairs">
        <Repair
          name="Begin again"
          label={`Begin the chore ${id} again`}
          mend={async () => ((await beginChore(id)).begun ? "The chore is begun again." : "It was begun a moment ago.")}
        />
      </div>
    </li>
  );
}

export function ChoresSection() {
  const listed = usePages("chores", listChores);
  return (
    <Section
      title="Chores"
      failure={listed.failure}
      hint="Rooms to be removed and accounts to be erased. What of one is done stays done; one that fails is tried again each day."
    >
      <ul class="ops-list" aria-label="Chores">
        {listed.rows?.map((chore) => (
          <Row key={chore.id} chore={chore} />
        ))}
      </ul>
      <ListEnd listed={listed} empty="All work that was begun is finished." />
    </Section>
  );
}
