// What happens now: limits hit by code and other counters over the last minutes, and the queues. A code leads to the rooms that refuse.
import { useFigures } from "../live/desk";
import { growth, levels, total } from "../model/samples";
import { sayBytes, sayCode, sayNumber } from "../model/words";
import { Go } from "../part/go";
import { Graph } from "../part/graph";
import { Empty, Section } from "../part/section";
import { Table } from "../part/table";
import { When } from "../part/when";

/** Counters that are drawn beside the refusals: how they are called, and where they lead. */
const DRAWN = [
  ["messages", "messages stored", undefined],
  ["lagging", "closed as lagging", "behind"],
  ["reset", "told to begin anew", undefined],
  ["retries", "archive batches retried", "lag"],
] as const;

function Limits() {
  const { now, samples } = useFigures();
  const codes = Object.entries(now?.refused ?? {}).filter(([, count]) => count > 0);
  return (
    <section aria-labelledby="limits-title" class="ops-block">
      <h3 id="limits-title">Limits hit, by code</h3>
      {now !== undefined && codes.length === 0 && <Empty>Nothing was ever refused.</Empty>}
      <ul class="ops-graphs">
        {codes.map(([code, ever]) => {
          const grown = growth(samples, `refused ${code}`);
          return (
            <li key={code}>
              <Go to={{ at: "rooms", only: `refused:${code}` }}>{sayCode(code)}</Go>
              <Graph numbers={grown} label={`${sayCode(code)}: ${total(grown)} since this page is open`} />
              <span class="hint">
                <b class="number">{sayNumber(total(grown))}</b> now, {sayNumber(ever)} ever
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Counters() {
  const { now, samples } = useFigures();
  return (
    <section aria-labelledby="counters-title" class="ops-block">
      <h3 id="counters-title">What else happens</h3>
      <ul class="ops-graphs">
        {DRAWN.map(([name, said, only]) => {
          const grown = growth(samples, name);
          return (
            <li key={name}>
              {only === undefined ? <span>{said}</span> : <Go to={{ at: "rooms", only }}>{said}</Go>}
              <Graph numbers={grown} label={`${said}: ${total(grown)} since this page is open`} />
              <span class="hint">
                <b class="number">{sayNumber(total(grown))}</b> now, {sayNumber(now?.counts[name] ?? 0)} ever
              </span>
            </li>
          );
        })}
        <li>
          <Go to={{ at: "rooms", only: "lag" }}>not archived</Go>
          <Graph numbers={levels(samples, "unarchived")} label={`not archived: ${now?.unarchived ?? 0} entries`} />
          <span class="hint">
            <b class="number">{sayNumber(now?.unarchived ?? 0)}</b> entries, as the archive knows
          </span>
        </li>
      </ul>
    </section>
  );
}

function Queues() {
  const { now } = useFigures();
  const letters = (queue: string) => now?.deadLetters.find((one) => one.queue === queue)?.waiting ?? 0;
  return (
    <section aria-labelledby="queues-title" class="ops-block">
      <h3 id="queues-title">Queues</h3>
      <Table name="Queues" columns={["Queue", "Waiting", "Bytes", "Oldest", "Dead letters"]}>
        {now?.queues.map(({ name, messages, bytes, oldestAt }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td class="number">{messages === null ? "does not tell" : sayNumber(messages)}</td>
            <td class="number">{bytes === null ? "" : sayBytes(bytes)}</td>
            <td>{oldestAt === null ? "" : <When at={oldestAt} />}</td>
            <td class="number">
              {letters(name) === 0 ? (
                "none"
              ) : (
                <Go to={{ at: "letters", queue: name }} label={`${letters(name)} dead letters of ${name}`}>
                  {sayNumber(letters(name))}
                </Go>
              )}
            </td>
          </tr>
        ))}
      </Table>
    </section>
  );
}

export function NowSection() {
  return (
    <Section
      title="Now"
      hint="Counted by the rooms, told with what they archive: some seconds late. Graphs begin when the page opens."
    >
      <Limits />
      <Counters />
      <Queues />
    </Section>
  );
}
