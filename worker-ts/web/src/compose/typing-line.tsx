// Who is writing. The line is always there, so that nothing moves; it is no live region, so that nothing is read out.
import type { Person } from "../../../src/client";

/** So many are named. */
const NAMED_MAX = 3;

function Sentence(props: { readonly people: readonly Person[] }) {
  const { people } = props;
  const names = people.slice(0, NAMED_MAX).map((person) => <bdi key={person.ref}>{person.name}</bdi>);
  if (people.length > NAMED_MAX) return <>Several people are typing</>;
  if (names.length === 1) return <>{names[0]} is typing</>;
  return (
    <>
      {names.slice(0, -1).flatMap((name, at) => (at === 0 ? [name] : [", ", name]))} and {names.at(-1)} are typing
    </>
  );
}

export function TypingLine(props: { readonly people: readonly Person[] }) {
  return (
    <p class="typing">
      {props.people.length > 0 && (
        <>
          <span class="typing-dots" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          <span class="typing-text">
            <Sentence people={props.people} />
          </span>
        </>
      )}
    </p>
  );
}
