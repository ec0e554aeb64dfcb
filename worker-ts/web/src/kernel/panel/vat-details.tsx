// One vat: how it stands, what is in it, what can be done with it and its subcluster.
import { useState } from "preact/hooks";
import { Fact, Facts } from "../../admin/facts";
import { Confirm } from "../../layer/confirm";
import { useDesk } from "../desk";
import type { GraphVat } from "../rpc/shapes";
import { LastSteps } from "./last-steps";
import { NamedList, Owner } from "./named";

/** What is to be ended. */
type Ending = "vat" | "subcluster";

function End(props: { readonly vat: GraphVat; readonly what: Ending; readonly onClose: () => void }) {
  const { vat, what, onClose } = props;
  const { kernel } = useDesk();
  const confirm = async () => {
    await kernel.act(() =>
      what === "vat" ? kernel.door.terminateVat(vat.id) : kernel.door.terminateSubcluster(vat.subcluster),
    );
    onClose();
  };
  return (
    <Confirm
      title={what === "vat" ? `Terminate ${vat.name} (${vat.id})` : `Terminate subcluster ${vat.subcluster}`}
      action="Terminate"
      onConfirm={confirm}
      onClose={onClose}
    >
      <p>
        {what === "vat" ? "It ends" : "All its vats end"}, and so does all that{" "}
        {what === "vat" ? "it keeps" : "they keep"}. What it was to decide is rejected, its objects answer no more.
      </p>
    </Confirm>
  );
}

export function VatDetails(props: { readonly vat: GraphVat }) {
  const { vat } = props;
  const { kernel, seen } = useDesk();
  const [ending, setEnding] = useState<Ending>();
  const status = seen.status.vats.find(({ id }) => id === vat.id);
  const members = seen.scene.boxes.find(({ id }) => id === vat.id)?.members ?? [];
  const held = seen.graph.objects.filter(({ holders }) => holders.some((one) => one.vat === vat.id));
  const siblings = seen.graph.vats.filter(({ subcluster, id }) => subcluster === vat.subcluster && id !== vat.id);
  return (
    <>
      <header class="details-head">
        <h2>
          <span class="sort">Vat</span> <bdi>{vat.name}</bdi> {vat.id}
        </h2>
        <span class={vat.state === "running" ? "mark-text good" : "mark-text"}>{vat.state}</span>
      </header>
      <Facts>
        <Fact name="Code">{status?.config.bundleName ?? status?.config.bundleSpec ?? "unknown"}</Fact>
        <Fact name="Subcluster">
          {vat.subcluster}
          {siblings.map(({ id }) => (
            <span key={id}>
              , with <Owner id={id} />
            </span>
          ))}
        </Fact>
        <Fact name="Heap">
          incarnation {vat.incarnation}, {vat.seq} deliveries
        </Fact>
        <Fact name="Transcript">
          {status === undefined
            ? "unknown"
            : `${status.transcript.deliveries} deliveries, ${status.transcript.bytes} bytes`}
        </Fact>
        <Fact name="C-list">
          {vat.exports} exports, {vat.imports} imports
        </Fact>
        <Fact name="Objects">
          <NamedList ids={members} none="none" />
        </Fact>
        <Fact name="Holds">
          <NamedList ids={held.map(({ kref }) => kref)} none="nothing of others" />
        </Fact>
      </Facts>
      <div class="buttons start">
        <button
          type="button"
          class="button small"
          onClick={() => kernel.run(() => kernel.door.pingVat(vat.id), `${vat.name} answers.`)}
        >
          Ping
        </button>
        <button
          type="button"
          class="button small"
          onClick={() => kernel.run(() => kernel.door.restartVat(vat.id), `${vat.name} has a new heap.`)}
        >
          Restart
        </button>
        <button type="button" class="button small danger" onClick={() => setEnding("vat")}>
          Terminate …
        </button>
        <button type="button" class="button small danger" onClick={() => setEnding("subcluster")}>
          Terminate {vat.subcluster} …
        </button>
      </div>
      <LastSteps id={vat.id} />
      {ending !== undefined && <End vat={vat} what={ending} onClose={() => setEnding(undefined)} />}
    </>
  );
}
