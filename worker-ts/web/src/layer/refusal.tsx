// Why something was not done, in a form.

export function Refusal(props: { readonly text: string | undefined }) {
  if (props.text === undefined) return null;
  return (
    <p class="refusal" role="alert">
      {props.text}
    </p>
  );
}
