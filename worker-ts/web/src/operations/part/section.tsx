// What every part of the page stands in: its heading, which takes the focus when one has come here; why it cannot be seen; what an empty
// list says; and the way to older ones.
import type { ComponentChildren } from "preact";
import type { Listed } from "../live/use-pages";

export const HEADING = "operations-part";

export function Section(props: {
  readonly title: string;
  readonly children: ComponentChildren;
  readonly hint?: ComponentChildren;
  readonly failure?: string | undefined;
}) {
  return (
    <section class="ops-section" aria-labelledby={HEADING}>
      <h2 id={HEADING} tabIndex={-1}>
        {props.title}
      </h2>
      {props.hint !== undefined && <p class="hint">{props.hint}</p>}
      {props.failure !== undefined && (
        <p class="refusal" role="alert">
          This cannot be seen now: {props.failure}
        </p>
      )}
      {props.children}
    </section>
  );
}

export const Empty = (props: { readonly children: ComponentChildren }) => (
  <p class="hint ops-empty">{props.children}</p>
);

/** The foot of a list: that it is looked up, that it is empty, or a way to more. */
export function ListEnd(props: {
  readonly listed: Pick<Listed<unknown & { readonly id: string }>, "rows" | "more" | "failure" | "loadMore">;
  readonly empty: string;
  /** What the way to more says. */
  readonly older?: string;
}) {
  const { rows, more, failure, loadMore } = props.listed;
  if (rows === undefined) return failure === undefined ? <p class="hint">It is looked up …</p> : null;
  if (rows.length === 0) return <Empty>{props.empty}</Empty>;
  return more ? (
    <button type="button" class="button small" onClick={() => void loadMore()}>
      {props.older ?? "Show older ones"}
    </button>
  ) : null;
}
