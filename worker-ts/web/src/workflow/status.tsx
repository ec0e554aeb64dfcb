// How a run stands, as a word with a sign: never by colour alone.
import type { Status } from "./api";

const SIGNS: Readonly<Record<Status, string>> = {
  pending: "○",
  running: "▶",
  completed: "✓",
  failed: "✕",
  cancelled: "■",
};

export function StatusMark(props: { readonly status: Status }) {
  return (
    <span class={`status ${props.status}`}>
      <span aria-hidden="true">{SIGNS[props.status]}</span> {props.status}
    </span>
  );
}
