// Somebody's picture: their own when they have one, else initials on a colour that belongs to the user id.
import { createContext } from "preact";
import { useContext, useState } from "preact/hooks";
import { hue, initials } from "../text/format";

/** Paths of pictures by user id, as far as they are known and there are any. */
export const Pictures = createContext<ReadonlyMap<string, string>>(new Map());

export function Avatar(props: { readonly id: string; readonly name: string }) {
  const path = useContext(Pictures).get(props.id);
  const [failed, setFailed] = useState<string>();
  return (
    <span class={`avatar hue-${hue(props.id)}`} aria-hidden="true">
      {path === undefined || path === failed ? (
        initials(props.name)
      ) : (
        <img src={path} alt="" loading="lazy" decoding="async" draggable={false} onError={() => setFailed(path)} />
      )}
    </span>
  );
}
