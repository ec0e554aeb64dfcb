// One kernel on the screen: its picture or its list at one side, what is selected, its steps and the launch form at the other.
import { useEffect, useMemo, useState } from "preact/hooks";
import { type Desk, DeskProvider } from "./desk";
import { Stage } from "./graph/stage";
import { OUTSIDE } from "./model/scene";
import { flightsOf, type Way, waysOf } from "./model/trace";
import { Details } from "./panel/details";
import { Standing } from "./panel/head";
import { LaunchForm } from "./panel/launch-form";
import { ListView } from "./panel/list-view";
import { StepPanel } from "./panel/step-panel";
import { Tabs } from "./panel/tabs";
import type { Kernel } from "./rpc/use-kernel";
import type { Seen } from "./rpc/watch";

const TABS = [
  { id: "selection", label: "Selected" },
  { id: "steps", label: "Steps" },
  { id: "launch", label: "Launch" },
] as const;
type TabId = (typeof TABS)[number]["id"];

/** The same list each time, so that nothing is drawn for it. */
const NO_WAYS: readonly Way[] = [];

/** Messages that fly: those of the crank that is looked at, else the newest ones, which stay until newer ones come. */
function useFlights(seen: Seen, looked: readonly Way[] | undefined): readonly Way[] {
  const [flights, setFlights] = useState<readonly Way[]>([]);
  useEffect(() => {
    const fresh = flightsOf(seen.steps, seen.before, OUTSIDE);
    if (fresh.length > 0) setFlights(fresh);
  }, [seen.steps]);
  return looked ?? flights;
}

function Choice(props: { readonly list: boolean; readonly onChange: (list: boolean) => void }) {
  return (
    <fieldset class="segments">
      <legend class="sr-only">Show as</legend>
      {[false, true].map((list) => (
        <label key={String(list)}>
          <input type="radio" name="shown-as" checked={props.list === list} onChange={() => props.onChange(list)} />
          <span>{list ? "List" : "Graph"}</span>
        </label>
      ))}
    </fieldset>
  );
}

export function KernelView(props: { readonly kernel: Kernel; readonly seen: Seen }) {
  const { kernel, seen } = props;
  const [selected, setSelected] = useState<string>();
  const [crank, setCrank] = useState<number>();
  const [tab, setTab] = useState<TabId>(seen.graph.vats.length === 0 ? "launch" : "selection");
  const [list, setList] = useState(false);
  const desk: Desk = {
    kernel,
    seen,
    selected,
    crank,
    select: (id) => {
      setSelected(id);
      if (id !== undefined) setTab("selection");
    },
    showCrank: (next) => {
      setCrank(next);
      setTab("steps");
    },
  };
  const looked = useMemo(() => {
    if (tab !== "steps") return undefined;
    const step = crank === undefined ? seen.steps.at(-1) : seen.steps.find((one) => one.crank === crank);
    return step && { chosen: crank !== undefined, ways: waysOf(seen.steps, step, OUTSIDE) };
  }, [tab, crank, seen.steps]);
  const flights = useFlights(seen, looked?.chosen === true ? looked.ways : undefined);

  return (
    <DeskProvider value={desk}>
      <Standing />
      <div class="kernel-body">
        <section class="shown" aria-label="What is in the kernel">
          <Choice list={list} onChange={setList} />
          {list ? (
            <ListView />
          ) : (
            <Stage
              seen={seen}
              selected={selected}
              onSelect={desk.select}
              flights={flights}
              ways={looked?.ways ?? NO_WAYS}
            />
          )}
        </section>
        <aside class="panel" aria-label="Details">
          <Tabs
            label="Details"
            tabs={TABS}
            current={tab}
            topic={`${selected ?? ""} ${crank ?? ""}`}
            onChange={(id) => setTab(id as TabId)}
          >
            {tab === "selection" ? <Details /> : tab === "steps" ? <StepPanel /> : <LaunchForm />}
          </Tabs>
        </aside>
      </div>
    </DeskProvider>
  );
}
