// Names and values, one under the other.
import type { ComponentChildren } from "preact";

export function Facts(props: { readonly children: ComponentChildren }) {
  return <dl class="facts">{props.children}</dl>;
}

export function Fact(props: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}
