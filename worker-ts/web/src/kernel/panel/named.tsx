// Names of the kernel's as buttons that select, and texts with such names in them.
import { useDesk } from "../desk";
import { sayOwner } from "../model/words";

/** Whether the picture has something of this name now. */
export function useThere(): (id: string) => boolean {
  const { layout } = useDesk().seen;
  return (id) => layout.dots.has(id) || layout.boxes.has(id);
}

export function Named(props: { readonly id: string; readonly text?: string }) {
  const { select } = useDesk();
  const there = useThere();
  const { id } = props;
  const text = props.text ?? id;
  if (!there(id)) return <span class="gone">{text}</span>;
  return (
    <button type="button" class="link-button named" onClick={() => select(id)}>
      {text}
    </button>
  );
}

/** A vat, service, or what else may own or decide something. */
export function Owner(props: { readonly id: string | null }) {
  const { graph } = useDesk().seen;
  const text = sayOwner(props.id, graph);
  return props.id === null || props.id === "" ? <span>{text}</span> : <Named id={props.id} text={text} />;
}

/** A text in which krefs and vats can be pressed. */
export function Linked(props: { readonly text: string }) {
  const parts = props.text.split(/\b(k[op]\d+|v\d+)\b/u);
  return (
    <span class="linked">
      {parts.map((part, at) => (at % 2 === 1 ? <Named key={`${at} ${part}`} id={part} /> : part))}
    </span>
  );
}

/** A list that says so when it is empty. */
export function NamedList(props: { readonly ids: readonly string[]; readonly none: string }) {
  if (props.ids.length === 0) return <span class="hint">{props.none}</span>;
  return (
    <span class="named-list">
      {props.ids.map((id) => (
        <Named key={id} id={id} />
      ))}
    </span>
  );
}
