// Who has read up to a message: small initials at its end. They have a place of their own, so that none moves anything.
import type { Reader } from "../../../src/client";
import { nameList } from "../people/people";
import { Avatar } from "../ui/avatar";

/** So many pictures; the rest is a number. */
const SHOWN_MAX = 6;
/** So many names in the text. */
const NAMES_MAX = 20;

export function Receipts(props: { readonly readers: readonly Reader[] }) {
  const { readers } = props;
  if (readers.length === 0) return null;
  const shown = readers.length > SHOWN_MAX ? readers.slice(0, SHOWN_MAX - 1) : readers;
  const text = `Read by ${nameList(
    readers.map(({ person }) => person.name),
    NAMES_MAX,
  )}`;
  return (
    // The log is read out as it grows; that somebody has read it is not news.
    <p class="receipts" aria-live="off" title={text}>
      <span class="sr-only">{text}</span>
      {shown.map(({ person }) => (
        <Avatar key={person.id} id={person.id} name={person.name} />
      ))}
      {readers.length > shown.length && (
        <span class="receipts-more" aria-hidden="true">
          +{readers.length - shown.length}
        </span>
      )}
    </p>
  );
}
