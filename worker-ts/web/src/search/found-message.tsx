// A message in a list: who, when, where, and the words that were looked for. A press leads to it.
import type { Found, Hit } from "../api";
import { fullLabel, shortLabel } from "../text/format";
import { Avatar } from "../ui/avatar";
import { Boundary } from "../ui/boundary";

interface FoundProps {
  readonly message: Found;
  readonly snippet: Hit["snippet"];
  /** The room it stands in, where that is not plain. */
  readonly room?: string;
  readonly onGo: () => void;
}

/** A message that was found. One that cannot be drawn takes its own place and no more. */
export function FoundMessage(props: FoundProps) {
  return (
    <Boundary of={props.message} instead={<p class="hint">This message cannot be shown.</p>}>
      <FoundButton {...props} />
    </Boundary>
  );
}

function FoundButton(props: FoundProps) {
  const { author, ts } = props.message;
  const name = author.name || "Somebody";
  return (
    <button type="button" class="found" onClick={props.onGo}>
      <Avatar id={author.id} name={name} />
      <span class="found-body">
        <span class="by">
          <bdi class="author">{name}</bdi>
          <time dateTime={new Date(ts).toISOString()} title={fullLabel(ts)}>
            {shortLabel(ts, Date.now())}
          </time>
        </span>
        {props.room !== undefined && (
          <span class="found-room">
            # <bdi>{props.room}</bdi>
          </span>
        )}
        <span class="found-text" dir="auto">
          {props.snippet.map(([text, hit]) => (hit ? <mark>{text}</mark> : text))}
        </span>
      </span>
    </button>
  );
}
