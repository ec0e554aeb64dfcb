// A drawn avatar: initials on a colour that belongs to the user id.
import { hue, initials } from "../text/format";

export function Avatar(props: { readonly id: string; readonly name: string }) {
  return (
    <span class={`avatar hue-${hue(props.id)}`} aria-hidden="true">
      {initials(props.name)}
    </span>
  );
}
