// A link to another place of the page: a number leads to what is behind it. It has an address like any link.
import type { ComponentChildren } from "preact";
import { useDesk } from "../live/desk";
import { addressOf, type Place } from "../model/place";

export function Go(props: {
  readonly to: Place;
  readonly children: ComponentChildren;
  readonly class?: string;
  readonly current?: boolean;
  readonly label?: string;
}) {
  const { go } = useDesk();
  const follow = (event: MouseEvent) => {
    // with a key held it is the browser's: a new tab, a new window
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(props.to);
  };
  return (
    <a
      class={props.class}
      href={addressOf(props.to)}
      aria-label={props.label}
      aria-current={props.current === true ? "page" : undefined}
      onClick={follow}
    >
      {props.children}
    </a>
  );
}
