// What stands in place of a thing that is looked up, or cannot be seen, or is gone.

/** What stands while a thing is looked up, or when it cannot be. */
export function Unknown(props: { readonly failure: string | undefined; readonly gone: boolean }) {
  if (props.gone) return <p class="hint">There is no such thing (any more).</p>;
  return props.failure === undefined ? (
    <p class="hint">It is looked up …</p>
  ) : (
    <p class="refusal" role="alert">
      This cannot be seen now: {props.failure}
    </p>
  );
}
