// The same as the picture, as tables: for whoever reads it by ear, by keyboard, or on a small screen.
import type { ComponentChildren } from "preact";
import { useDesk } from "../desk";
import { marksOf, sayOwner } from "../model/words";
import { Named, Owner } from "./named";

function Table(props: {
  readonly title: string;
  readonly heads: readonly string[];
  readonly count: number;
  readonly children: ComponentChildren;
}) {
  return (
    <section class="block">
      <h2 id={`list-${props.title}`}>
        {props.title} <span class="hint">{props.count}</span>
      </h2>
      {props.count === 0 ? (
        <p class="hint">None.</p>
      ) : (
        <table aria-labelledby={`list-${props.title}`}>
          <thead>
            <tr>
              {props.heads.map((head) => (
                <th key={head} scope="col">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>{props.children}</tbody>
        </table>
      )}
    </section>
  );
}

const Vats = () => {
  const { graph } = useDesk().seen;
  return (
    <Table title="Vats" heads={["Vat", "State", "Exports", "Imports"]} count={graph.vats.length}>
      {graph.vats.map(({ id, name, state, exports, imports }) => (
        <tr key={id}>
          <th scope="row">
            <Named id={id} text={`${name} (${id})`} />
          </th>
          <td>{state}</td>
          <td>{exports}</td>
          <td>{imports}</td>
        </tr>
      ))}
    </Table>
  );
};

const Objects = () => {
  const { graph } = useDesk().seen;
  return (
    <Table title="Objects" heads={["Object", "Owner", "Held by", "Marks"]} count={graph.objects.length}>
      {graph.objects.map((object) => (
        <tr key={object.kref}>
          <th scope="row">
            <Named id={object.kref} />
          </th>
          <td>
            <Owner id={object.owner} />
          </td>
          <td>{object.holders.map(({ vat }) => sayOwner(vat, graph)).join(", ")}</td>
          <td>{marksOf(object).join(", ")}</td>
        </tr>
      ))}
    </Table>
  );
};

const Promises = () => {
  const { graph } = useDesk().seen;
  return (
    <Table title="Promises" heads={["Promise", "State", "Decided by", "Waiting"]} count={graph.promises.length}>
      {graph.promises.map(({ kref, state, decider, waiting }) => (
        <tr key={kref}>
          <th scope="row">
            <Named id={kref} />
          </th>
          <td>{state}</td>
          <td>{state === "unresolved" ? <Owner id={decider} /> : ""}</td>
          <td>{waiting}</td>
        </tr>
      ))}
    </Table>
  );
};

const Queue = () => {
  const { graph } = useDesk().seen;
  return (
    <Table title="Queue" heads={["What", "Target", "Result"]} count={graph.queue.length}>
      {graph.queue.map(({ kind, target, method, result, message }, at) => (
        <tr key={`${message ?? kind} ${at}`}>
          <th scope="row">{kind === "send" ? `${method ?? "?"}()` : kind}</th>
          <td>
            <Named id={target} />
          </td>
          <td>{result === null ? "" : <Named id={result} />}</td>
        </tr>
      ))}
    </Table>
  );
};

export function ListView() {
  return (
    <section class="list-view" aria-label="List of vats, objects and promises">
      <Vats />
      <Objects />
      <Promises />
      <Queue />
    </section>
  );
}
