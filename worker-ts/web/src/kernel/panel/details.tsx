// What is selected, whatever it is.

import { Fact, Facts } from "../../admin/facts";
import { useDesk } from "../desk";
import { NOBODY, OUTSIDE } from "../model/scene";
import { sayPlace } from "../model/words";
import type { GraphPromise } from "../rpc/shapes";
import { LastSteps } from "./last-steps";
import { NamedList, Owner } from "./named";
import { GoneDetails, ObjectDetails } from "./object-details";
import { SendForm } from "./send-form";
import { VatDetails } from "./vat-details";

function PromiseDetails(props: { readonly promise: GraphPromise }) {
  const { promise } = props;
  return (
    <>
      <header class="details-head">
        <h2>
          <span class="sort">Promise</span> {promise.kref}
        </h2>
        <span class={promise.state === "rejected" ? "mark-text bad" : "mark-text"}>{promise.state}</span>
      </header>
      <Facts>
        {promise.state === "unresolved" && (
          <Fact name="Decided by">
            <Owner id={promise.decider} />
          </Fact>
        )}
        <Fact name="Told to">
          {promise.subscribers.length === 0 && <span class="hint">nobody yet</span>}
          {promise.subscribers.map((one) => (
            <span key={one} class="one">
              <Owner id={one} />
            </span>
          ))}
        </Fact>
        <Fact name="Held by">
          {promise.holders.length === 0 && <span class="hint">no vat</span>}
          {promise.holders.map(({ vat, vref }) => (
            <span key={vat} class="one">
              <Owner id={vat} /> <span class="vref">as {vref}</span>
            </span>
          ))}
        </Fact>
        <Fact name="Count">{promise.count}</Fact>
        <Fact name="Messages waiting">{promise.waiting}</Fact>
      </Facts>
      <SendForm target={promise.kref} tries={[]} />
      <LastSteps id={promise.kref} />
    </>
  );
}

const PLACES: Readonly<Record<string, string>> = {
  [OUTSIDE]: "Whoever calls by RPC or holds an ocap URL. Lines lead to what answers brought outside.",
  [NOBODY]: "Objects whose vat has ended. Others still hold them; messages to them are refused.",
};

function PlaceDetails(props: { readonly id: string }) {
  const { scene } = useDesk().seen;
  const { id } = props;
  const members = scene.boxes.find((box) => box.id === id)?.members ?? [];
  const held = scene.lines.filter(({ from }) => from === id).map(({ to }) => to);
  return (
    <>
      <header class="details-head">
        <h2>{sayPlace(id)}</h2>
      </header>
      <p class="hint">{PLACES[id] ?? "A service of the host: vats reach it as an object."}</p>
      <Facts>
        {id !== OUTSIDE && (
          <Fact name="Objects">
            <NamedList ids={members} none="none" />
          </Fact>
        )}
        {id === OUTSIDE && (
          <Fact name="Holds">
            <NamedList ids={held} none="nothing" />
          </Fact>
        )}
      </Facts>
    </>
  );
}

export function Details() {
  const { seen, selected } = useDesk();
  const { vats, objects, promises } = seen.graph;
  if (selected === undefined)
    return <p class="hint empty-panel">Select a vat, an object or a promise in the graph or in the list.</p>;
  const vat = vats.find(({ id }) => id === selected);
  if (vat !== undefined) return <VatDetails key={selected} vat={vat} />;
  const object = objects.find(({ kref }) => kref === selected);
  if (object !== undefined) return <ObjectDetails key={selected} object={object} />;
  const promise = promises.find(({ kref }) => kref === selected);
  if (promise !== undefined) return <PromiseDetails key={selected} promise={promise} />;
  return sayPlace(selected) === undefined ? <GoneDetails id={selected} /> : <PlaceDetails id={selected} />;
}
