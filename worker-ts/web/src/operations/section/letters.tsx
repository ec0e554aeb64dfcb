// Dead letters: what consumers gave up on. One goes back into its queue, or all of a queue; or one is thrown away, which is asked first.
import { useId } from "preact/hooks";
import { plural } from "../../text/format";
import { discard, type Letter, listLetters, replay, replayAll } from "../api";
import { useDesk, useFigures } from "../live/desk";
import { usePages } from "../live/use-pages";
import { opened } from "../model/place";
import { Go } from "../part/go";
import { AskedRepair, Repair } from "../part/repair";
import { ListEnd, Section } from "../part/section";
import { When } from "../part/when";

/** What can be done with one. */
export function LetterRepairs(props: { readonly letter: Letter }) {
  const { letter } = props;
  return (
    <div class="ops-repairs">
      <Repair
        name={letter.replayedAt === null ? "Replay" : "Replay again"}
        label={`Replay the dead letter ${letter.id}`}
        mend={async () => {
          await replay(letter);
          return `It is in the queue ${letter.queue} again.`;
        }}
      />
      <AskedRepair
        name="Discard …"
        label={`Discard the dead letter ${letter.id} …`}
        title="Discard the dead letter"
        action="Discard"
        mend={async () => {
          await discard(letter.id);
          return "The dead letter is discarded.";
        }}
      >
        <p>
          It is thrown away for good. What a room had sent with it, the room sends again by itself; a message of another
          kind is lost.
        </p>
      </AskedRepair>
    </div>
  );
}

/** What a letter is about: its room, its run. */
export function About(props: { readonly letter: Letter }) {
  const { room, runId } = props.letter;
  return (
    <>
      {room !== null && <Go to={{ at: "rooms", room }}>{room}</Go>}
      {runId !== null && (
        <a href={`/runs/${encodeURIComponent(runId)}`} title={runId}>
          run {runId.slice(-6)}
        </a>
      )}
      {room === null && runId === null && <span class="hint">names neither room nor run</span>}
    </>
  );
}

function Row(props: { readonly letter: Letter }) {
  const { place } = useDesk();
  const { letter } = props;
  return (
    <li class="ops-row" aria-current={place.letter === letter.id ? "true" : undefined}>
      <div class="ops-row-head">
        <Go to={opened(place, { letter: letter.id })} label={`Dead letter ${letter.id}`}>
          <code>{letter.id}</code>
        </Go>
        <span>{letter.queue}</span>
        <When at={letter.at} />
        <About letter={letter} />
        {letter.replayedAt !== null && (
          <span class="mark-text good">
            replayed <When at={letter.replayedAt} />
          </span>
        )}
      </div>
      <p class="ops-error">{letter.error}</p>
      <LetterRepairs letter={letter} />
    </li>
  );
}

function Filters(props: { readonly waiting: boolean }) {
  const { place, go } = useDesk();
  const { now } = useFigures();
  const [queue, waiting] = [useId(), useId()];
  const names = now?.queues.map(({ name }) => name) ?? [];
  return (
    <form class="ops-filters" aria-label="Which dead letters" onSubmit={(event) => event.preventDefault()}>
      <div class="ops-filter">
        <label for={queue}>Queue</label>
        <select
          id={queue}
          value={place.queue ?? ""}
          onChange={(event) => go({ ...place, queue: event.currentTarget.value })}
        >
          <option value="">all</option>
          {names.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </div>
      <label class="check" for={waiting}>
        <input
          id={waiting}
          type="checkbox"
          checked={props.waiting}
          onChange={(event) => go({ ...place, only: event.currentTarget.checked ? "" : "all" })}
        />
        Only those that were not replayed
      </label>
      {place.of !== undefined && (
        <p>
          of the room <code>{place.of}</code> · <Go to={{ at: "letters" }}>of all rooms</Go>
        </p>
      )}
    </form>
  );
}

/** A button for each queue that has some. */
function ReplayAll() {
  const { now } = useFigures();
  const waiting = now?.deadLetters.filter((one) => one.waiting > 0) ?? [];
  if (waiting.length === 0) return null;
  return (
    <div class="ops-repairs">
      {waiting.map((one) => (
        <Repair
          key={one.queue}
          name={`Replay all of ${one.queue} (${one.waiting})`}
          mend={async () => {
            const { replayed, left } = await replayAll(one.queue);
            return `${plural(replayed, "dead letter")} went back into ${one.queue}.${left ? " There are more." : ""}`;
          }}
        />
      ))}
    </div>
  );
}

export function LettersSection() {
  const { place } = useDesk();
  const waiting = place.only !== "all";
  const asked = { queue: place.queue, room: place.of, waiting };
  const listed = usePages(JSON.stringify(asked), (cursor) => listLetters(asked, cursor));
  return (
    <Section
      title="Dead letters"
      failure={listed.failure}
      hint="Messages that their consumer gave up on. Mend the cause first, then replay. Chores have none: one that fails stays in the list of chores."
    >
      <Filters waiting={waiting} />
      <ReplayAll />
      <ul class="ops-list" aria-label="Dead letters">
        {listed.rows?.map((letter) => (
          <Row key={letter.id} letter={letter} />
        ))}
      </ul>
      <ListEnd listed={listed} empty={waiting ? "No dead letter waits." : "There is no dead letter."} />
    </Section>
  );
}
