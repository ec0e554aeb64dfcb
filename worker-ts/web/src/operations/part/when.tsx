// A time as how long ago it was, with the time in full for whoever wants it.
import { now } from "../../platform";
import { fullLabel } from "../../text/format";
import { sayAge } from "../model/words";

export function When(props: { readonly at: number }) {
  return (
    <time title={fullLabel(props.at)} dateTime={new Date(props.at).toISOString()}>
      {sayAge(props.at, now())}
    </time>
  );
}
