// The page for an admin: the bar, the figures that say whether something is wrong, the parts, and what is open beside them.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Account } from "../api";
import { now as clock, every } from "../platform";
import { LeaveIcon, Mark } from "../ui/icons";
import { ThemeButton } from "../ui/theme-button";
import { getNow, getStuck, listLive } from "./api";
import { Panel } from "./detail/panel";
import { FiguresProvider, useDesk } from "./live/desk";
import { type Polled, usePoll } from "./live/use-poll";
import { PART_NAMES, PARTS } from "./model/place";
import { sumsOf } from "./model/rooms";
import { type Sample, withSample } from "./model/samples";
import { sayAge, sayTrouble } from "./model/words";
import { Go } from "./part/go";
import { Tiles } from "./part/tiles";
import { AuditSection } from "./section/audit";
import { ChoresSection } from "./section/chores";
import { FilesSection } from "./section/files";
import { KernelsSection } from "./section/kernels";
import { LettersSection } from "./section/letters";
import { NowSection } from "./section/now";
import { RoomsSection } from "./section/rooms";
import { RunsSection } from "./section/runs";
import { SlowSection } from "./section/slow";
import { UsersSection } from "./section/users";

const LOOK_MS = 3_000;
/** Looking for stuck runs looks at all open ones; the watchdog does so each minute. */
const STUCK_MS = 20_000;
/** Figures that have missed so many looks are said to be old. */
const STALE_LOOKS = 3;
/** Pages of active rooms; the server lists no more. */
const PAGES_MAX = 40;

const SECTIONS = {
  now: NowSection,
  rooms: RoomsSection,
  slow: SlowSection,
  letters: LettersSection,
  runs: RunsSection,
  users: UsersSection,
  chores: ChoresSection,
  files: FilesSection,
  kernels: KernelsSection,
  audit: AuditSection,
} as const;

/** A poll, and how often (ms) it should have an answer. */
type Watched = Pick<Polled<unknown>, "at" | "failure"> & { readonly every: number };

/** Whether the figures are of now. It looks at the clock by itself: a server that is silent tells nothing that could be drawn. */
function Freshness(props: { readonly polls: readonly Watched[] }) {
  const [, tick] = useState(0);
  useEffect(() => every(1_000, () => tick((count) => count + 1)), []);
  const isOld = ({ at, failure, every }: Watched) =>
    failure !== undefined || (at !== undefined && clock() - at > STALE_LOOKS * every + 1_000);
  const old = props.polls.filter(isOld);
  if (old.length === 0)
    return props.polls.some(({ at }) => at === undefined) ? (
      <span class="mark-text">looks …</span>
    ) : (
      <span class="mark-text good">live</span>
    );
  const times = old.map(({ at }) => at).filter((at) => at !== undefined);
  return (
    <span class="mark-text bad" title={old[0]?.failure}>
      {times.length < old.length ? "no answer" : `stale: last answer ${sayAge(Math.min(...times), clock())}`}
    </span>
  );
}

function Bar(props: { readonly account: Account; readonly polls: readonly Watched[]; readonly onSignOut: () => void }) {
  const { account, polls, onSignOut } = props;
  return (
    <header class="ops-bar">
      <a class="home" href="/pages" aria-label="Ferrule: all pages">
        <Mark />
      </a>
      <h1>Operations</h1>
      <Freshness polls={polls} />
      <span class="spring" />
      <ThemeButton />
      <button
        type="button"
        class="icon-button"
        aria-label={`Sign out ${account.name}`}
        title={`Sign out ${account.name}`}
        onClick={onSignOut}
      >
        <LeaveIcon />
      </button>
    </header>
  );
}

function Parts() {
  const { place } = useDesk();
  return (
    <nav class="ops-parts" aria-label="Parts">
      {PARTS.map((part) => (
        <Go key={part} to={{ at: part }} current={place.at === part}>
          {PART_NAMES[part]}
        </Go>
      ))}
    </nav>
  );
}

/** The samples of the counters, one for each answer. */
function useSamples(polled: Awaited<ReturnType<typeof getNow>> | undefined): readonly Sample[] {
  const samples = useRef<readonly Sample[]>([]);
  return useMemo(() => {
    if (polled !== undefined) {
      const refused = Object.entries(polled.refused).map(([code, count]) => [`refused ${code}`, count]);
      const values = { ...polled.counts, ...Object.fromEntries(refused), unarchived: polled.unarchived };
      samples.current = withSample(samples.current, { at: polled.at, values });
    }
    return samples.current;
  }, [polled]);
}

/** What a poll knows, as long as it is answered. */
const known = <T,>({ data, failure }: Polled<T>): T | undefined => (failure === undefined ? data : undefined);

export function OperationsView(props: { readonly account: Account; readonly onSignOut: () => void }) {
  const { place } = useDesk();
  const [pages, setPages] = useState(1);
  // whoever wants more rooms to be asked has each of them asked less often: the load stays the same
  const liveMs = LOOK_MS * pages;
  const figures = usePoll("now", getNow, LOOK_MS);
  const live = usePoll("live", () => listLive(pages), liveMs);
  const stuck = usePoll("stuck", getStuck, STUCK_MS);
  const samples = useSamples(figures.data);
  const more = (live.data?.next ?? null) !== null && pages < PAGES_MAX;
  const sums = sumsOf(live.data?.rows ?? []);
  const answered = known(live);
  const standing = {
    now: known(figures),
    rooms: answered && { sums, asked: answered.rows.length, all: answered.next === null },
    stuck: known(stuck),
  };
  const shown = {
    now: figures.data,
    samples,
    rooms: live.data?.rows,
    more,
    askMore: () => setPages((count) => count + 1),
    roomsFailure: live.failure,
    stuck: stuck.data,
    stuckFailure: stuck.failure,
  };
  const asked = [figures, live, stuck].every(({ at, failure }) => at !== undefined || failure !== undefined);
  const failure = figures.failure ?? live.failure ?? stuck.failure;
  const polls = [
    { ...figures, every: LOOK_MS },
    { ...live, every: liveMs },
    { ...stuck, every: STUCK_MS },
  ];
  const Section = SECTIONS[place.at];
  return (
    <FiguresProvider value={shown}>
      <div class="ops">
        <Bar account={props.account} polls={polls} onSignOut={props.onSignOut} />
        <main class="ops-main">
          <p class="ops-trouble" role="status">
            {asked ? sayTrouble(standing) : ""}
          </p>
          {failure !== undefined && (
            <p class="refusal" role="alert">
              The figures are old: {failure}
            </p>
          )}
          <Tiles sums={sums} />
          <Parts />
          <div class="ops-body-parts">
            <Section key={place.at} />
            <Panel />
          </div>
        </main>
      </div>
    </FiguresProvider>
  );
}
