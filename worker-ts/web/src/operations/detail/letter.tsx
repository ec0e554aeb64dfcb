// One dead letter: what it holds, what is wrong with it, what it is about; and its repairs.
import { Fact, Facts } from "../../admin/facts";
import { getLetter } from "../api";
import { usePoll } from "../live/use-poll";
import { prettyJson, sayBytes } from "../model/words";
import { scrolls } from "../part/scroll";
import { Unknown } from "../part/unknown";
import { When } from "../part/when";
import { About, LetterRepairs } from "../section/letters";

const LOOK_MS = 5_000;

export function LetterDetail(props: { readonly id: string }) {
  const { id } = props;
  const { data: letter, failure, gone } = usePoll(id, () => getLetter(id), LOOK_MS);
  if (letter === undefined || gone) return <Unknown failure={failure} gone={gone} />;
  return (
    <>
      <h2>Dead letter</h2>
      <p class="ops-error">{letter.error}</p>
      <Facts>
        <Fact name="Id">
          <code>{letter.id}</code>
        </Fact>
        <Fact name="Queue">{letter.queue}</Fact>
        <Fact name="About">
          <About letter={letter} />
        </Fact>
        <Fact name="Given up">
          <When at={letter.at} />
        </Fact>
        <Fact name="Replayed">{letter.replayedAt === null ? "never" : <When at={letter.replayedAt} />}</Fact>
        <Fact name="Size">{sayBytes(letter.bytes)}</Fact>
      </Facts>
      <LetterRepairs letter={letter} />
      <section class="ops-block" aria-label="What it holds">
        <h3>What it holds</h3>
        <pre class="ops-body" {...scrolls("Its body")}>
          {prettyJson(letter.body)}
        </pre>
      </section>
    </>
  );
}
