// One object: who holds it, what counts, what came to it, what can be done with it.
import { useState } from "preact/hooks";
import { Fact, Facts } from "../../admin/facts";
import { Confirm } from "../../layer/confirm";
import { useDesk } from "../desk";
import { triesOf } from "../model/samples";
import { count, marksOf } from "../model/words";
import type { GraphObject } from "../rpc/shapes";
import { LastSteps } from "./last-steps";
import { Named, Owner } from "./named";
import { SendForm } from "./send-form";

/** Holders that are no vats. */
function others({ pins, external, held }: GraphObject): readonly string[] {
  const some = (many: number, one: string, more?: string) => (many === 0 ? "" : count(many, one, more));
  return [
    some(held.messages, "waiting message"),
    some(held.promises, "promise's value", "promises' values"),
    some(held.urls, "ocap URL"),
    some(held.calls, "service call"),
    some(pins, "pin"),
    external ? "an answer outside" : "",
  ].filter((one) => one !== "");
}

function Holders(props: { readonly object: GraphObject }) {
  const { object } = props;
  const rest = others(object);
  if (object.holders.length + rest.length === 0)
    return <span class="hint">{object.root ? "its own vat, being the root" : "nobody"}</span>;
  return (
    <ul class="holders">
      {object.holders.map(({ vat, vref, reachable }) => (
        <li key={vat}>
          <Owner id={vat} /> <span class="vref">as {vref}</span>
          {!reachable && <span class="mark-text">only recognises it</span>}
        </li>
      ))}
      {rest.map((one) => (
        <li key={one}>{one}</li>
      ))}
    </ul>
  );
}

export function ObjectDetails(props: { readonly object: GraphObject }) {
  const { object } = props;
  const { kernel, seen } = useDesk();
  const [revoking, setRevoking] = useState(false);
  const { kref } = object;
  const vat = seen.status.vats.find(({ id }) => id === object.owner);
  return (
    <>
      <header class="details-head">
        <h2>
          <span class="sort">Object</span> {kref}
        </h2>
        {marksOf(object).map((mark) => (
          <span key={mark} class={mark === "revoked" ? "mark-text bad" : "mark-text"}>
            {mark}
          </span>
        ))}
      </header>
      <Facts>
        <Fact name="Owner">
          <Owner id={object.owner} />
        </Fact>
        <Fact name="Held by">
          <Holders object={object} />
        </Fact>
        <Fact name="Counts">
          reached by {object.reachable}, recognised by {object.recognizable}
        </Fact>
        <Fact name="Pins">{object.pins}</Fact>
        <Fact name="Revoked">{object.revoked ? "yes, for ever" : "no"}</Fact>
      </Facts>
      <SendForm
        target={kref}
        tries={object.root && vat !== undefined ? triesOf(seen.graph, vat.id, vat.config.bundleName) : []}
      />
      <LastSteps id={kref} />
      <div class="buttons start">
        {object.external && (
          <button
            type="button"
            class="button small"
            onClick={() => kernel.run(() => kernel.door.releaseKref(kref), `${kref} is no longer held outside.`)}
          >
            Release
          </button>
        )}
        {!object.revoked && (
          <button type="button" class="button small danger" onClick={() => setRevoking(true)}>
            Revoke …
          </button>
        )}
      </div>
      {revoking && (
        <Confirm
          title={`Revoke ${kref}`}
          action="Revoke"
          onConfirm={async () => {
            await kernel.act(() => kernel.door.revoke(kref));
            setRevoking(false);
          }}
          onClose={() => setRevoking(false)}
        >
          <p>
            Every message to it will be refused from now on, those that wait already too. This cannot be taken back.
          </p>
        </Confirm>
      )}
    </>
  );
}

export function GoneDetails(props: { readonly id: string }) {
  return (
    <>
      <header class="details-head">
        <h2>
          <Named id={props.id} />
        </h2>
      </header>
      <p class="hint">It is not there (any more).</p>
      <LastSteps id={props.id} />
    </>
  );
}
