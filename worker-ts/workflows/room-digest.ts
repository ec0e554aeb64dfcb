// Counts what was said in a room in the last days: page by page from the newest backwards, a step a page, so that a long room costs many
// short steps and a restart repeats none of them.
import { getWritable } from "workflow";
import { roomPort } from "./room-port";
import { type Card, checkedNumber, checkedRoom, enterRoom, failure, postCard, runId, updateCard } from "./room-steps";

const DAY_MS = 86_400_000;
const DAYS_MAX = 31;
/** Pages of one digest: 200 messages each. */
const PAGES_MAX = 100;
/** Pages between two looks of the card. */
const PAGES_TOLD = 5;
const TOP = 5;
const BOT = "digest";

/** What one page comes to. */
interface Counted {
  /** User id, name and messages of each who wrote. */
  readonly people: readonly (readonly [userId: string, name: string, messages: number])[];
  readonly words: number;
  readonly links: number;
  /** Where the next page begins; 0 at the end. */
  readonly next: number;
}

async function countPage(room: string, before: number, since: number): Promise<Counted> {
  "use step";
  const page = await roomPort().read({ runId: runId(), room, before });
  if (!page.ok) throw failure(page);
  const people = new Map<string, [string, string, number]>();
  let [words, links, read] = [0, 0, 0];
  for (const { ts, userId, name, bot, text } of page.messages) {
    if (ts < since || bot || text === "") continue;
    const person = people.get(userId) ?? [userId, name, 0];
    person[2] += 1;
    people.set(userId, person);
    words += text.split(/\s+/).filter((word) => word !== "").length;
    links += text.match(/\bhttps?:\/\/\S/gi)?.length ?? 0;
    read += 1;
  }
  const oldest = page.messages.at(-1);
  const next = page.more && oldest !== undefined && oldest.ts >= since ? oldest.seq : 0;
  await tell(`${read} messages before ${before === 0 ? "now" : `number ${before}`}\n`);
  return { people: [...people.values()], words, links, next };
}
countPage.maxRetries = 10;

/** Adds a line to the run's stream. */
async function tell(line: string): Promise<void> {
  const writer = getWritable<string>().getWriter();
  await writer.write(line);
  writer.releaseLock();
}

async function endStream(): Promise<void> {
  "use step";
  await getWritable<string>().close();
}

/** Posts who wrote how much in a room in the last `days`. Resolves to the figures. */
export async function roomDigest(roomId: string, days = 7, { seq }: { readonly seq?: number } = {}) {
  "use workflow";
  const room = checkedRoom(roomId);
  checkedNumber(days, "days", 1, DAYS_MAX);
  const since = Date.now() - days * DAY_MS;
  const span = days === 1 ? "the last day" : `the last ${days} days`;
  const name = await enterRoom(room);
  const card: Card = { room, bot: BOT, lines: [`📊 ${name} wants a digest of ${span}. Reading …`] };
  const shown = await postCard({ ...card, replyTo: seq });

  const people = new Map<string, { name: string; messages: number }>();
  let [messages, words, links, before, pages] = [0, 0, 0, 0, 0];
  do {
    const counted = await countPage(room, before, since);
    for (const [userId, author, count] of counted.people) {
      const known = people.get(userId)?.messages ?? 0;
      people.set(userId, { name: people.get(userId)?.name ?? author, messages: known + count });
      messages += count;
    }
    [words, links, before, pages] = [words + counted.words, links + counted.links, counted.next, pages + 1];
    if (before !== 0 && pages % PAGES_TOLD === 0)
      await updateCard({ ...card, lines: [...card.lines, `${messages} messages so far.`], seq: shown });
  } while (before !== 0 && pages < PAGES_MAX);

  const top = [...people.values()].sort((a, b) => b.messages - a.messages).slice(0, TOP);
  const lines = [
    `📊 ${span[0]!.toUpperCase()}${span.slice(1)} here: ${plural(messages, "message")} of ${plural(people.size, "person", "people")}, ${plural(words, "word")}, ${plural(links, "link")}.`,
    ...(top.length > 0
      ? [`Most by ${top.map(({ name: who, messages: count }) => `${who} (${count})`).join(", ")}.`]
      : []),
    ...(before === 0 ? [] : [`What is older than the newest ${messages} messages was not read.`]),
  ];
  const done: Card = { ...card, lines };
  // where edits are over already it is said anew
  if (!(await updateCard({ ...done, seq: shown }))) await postCard({ ...done, replyTo: seq });
  await endStream();
  return { messages, people: people.size, words, links, pages };
}

const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;
