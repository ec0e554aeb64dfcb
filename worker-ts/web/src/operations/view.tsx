// The page for an admin: the bar, the figures that say whether something is wrong, the parts, and what is open beside them.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Account } from "../api";
import { now as clock, every } from "../platform";
import { LeaveIcon, Mark } from "../ui/icons";
import { ThemeButton } from "../ui/theme-button";
import { getNow, listLive, listStuck } from "./api";
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
import { KernelsSection } from "./section/kernels";
import { LettersSection } from "./section/letters";
import { NowSection } from "./section/now";
import { RoomsSection } from "./section/rooms";
import { RunsSection, STUCK_MS } from "./section/runs";
import { SlowSection } from "./section/slow";
import { UsersSection } from "./section/users";

const LOOK_MS = 3_000;
/** Figures older than this (ms) are said to be old. */
const STALE_MS = 10_000;

const SECTIONS = {
  now: NowSection,
  rooms: RoomsSection,
  slow: SlowSection,
  letters: LettersSection,
  runs: RunsSection,
  users: UsersSection,
  chores: ChoresSection,
  kernels: KernelsSection,
  audit: AuditSection,
} as const;

/** Whether the figures are of now. It looks at the clock by itself: a server that is silent tells nothing that could be drawn. */
function Freshness(props: { readonly polled: Pick<Polled<unknown>, "at" | "failure"> }) {
  const { at, failure } = props.polled;
  const [, tick] = useState(0);
  useEffect(() => every(1_000, () => tick((count) => count + 1)), []);
  const stale = at !== undefined && (failure !== undefined || clock() - at > STALE_MS);
  if (at === undefined && failure === undefined) return <span class="mark-text">looks …</span>;
  if (at !== undefined && !stale) return <span class="mark-text good">live</span>;
  return (
    <span class="mark-text bad" title={failure}>
      {at === undefined ? "no answer" : `stale: last answer ${sayAge(at, clock())}`}
    </span>
  );
}

function Bar(props: { readonly account: Account; readonly polled: Polled<unknown>; readonly onSignOut: () => void }) {
  const { account, polled, onSignOut } = props;
  return (
    <header class="ops-bar">
      <a class="home" href="/pages" aria-label="Ferrule: all pages">
        <Mark />
      </a>
      <h1>Operations</h1>
      <Freshness polled={polled} />
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

export function OperationsView(props: { readonly account: Account; readonly onSignOut: () => void }) {
  const { place } = useDesk();
  const figures = usePoll("now", getNow, LOOK_MS);
  const live = usePoll("live", () => listLive(), LOOK_MS);
  const stuck = usePoll("stuck", listStuck, STUCK_MS);
  const samples = useSamples(figures.data);
  const rooms = live.data?.rows;
  const shown = {
    now: figures.data,
    samples,
    rooms,
    more: (live.data?.next ?? null) !== null,
    roomsFailure: live.failure,
  };
  const sums = sumsOf(rooms ?? []);
  const Section = SECTIONS[place.at];
  return (
    <FiguresProvider value={shown}>
      <div class="ops">
        <Bar account={props.account} polled={figures} onSignOut={props.onSignOut} />
        <main class="ops-main">
          <p class="ops-trouble" role="status">
            {figures.data === undefined ? "" : sayTrouble(figures.data, sums, stuck.data?.length ?? 0)}
          </p>
          {figures.failure !== undefined && (
            <p class="refusal" role="alert">
              The figures are old: {figures.failure}
            </p>
          )}
          <Tiles sums={sums} stuck={stuck.data?.length} />
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
