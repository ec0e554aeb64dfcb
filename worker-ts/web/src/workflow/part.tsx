// A part of a page that may be made of anything a workflow wrote: one that cannot be drawn leaves the others where they are.
import type { ComponentChildren } from "preact";
import { Boundary } from "../ui/boundary";

/** @param of What it is drawn of: something else is tried again. */
export function Part(props: { readonly of: unknown; readonly name: string; readonly children: ComponentChildren }) {
  const instead = (
    <section class="card">
      <p class="hint">{props.name} cannot be shown.</p>
    </section>
  );
  return (
    <Boundary of={props.of} instead={instead}>
      {props.children}
    </Boundary>
  );
}
