// Users: all of them, the newest first, or those that a search finds. What can be done with one is in its panel.
import { useId, useState } from "preact/hooks";
import { listUsers, type User } from "../api";
import { useDesk } from "../live/desk";
import { usePages } from "../live/use-pages";
import { opened } from "../model/place";
import { Go } from "../part/go";
import { ListEnd, Section } from "../part/section";
import { When } from "../part/when";

function Search() {
  const { place, go } = useDesk();
  const field = useId();
  const [text, setText] = useState(place.q ?? "");
  return (
    <form
      class="ops-filter"
      aria-label="Find a user"
      onSubmit={(event) => {
        event.preventDefault();
        go({ at: "users", q: text.trim() });
      }}
    >
      <label for={field}>Name, e-mail or id</label>
      <input
        id={field}
        type="search"
        value={text}
        maxLength={100}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <button type="submit" class="button small">
        Find
      </button>
    </form>
  );
}

/** What somebody is, in marks. */
export function UserMarks(props: { readonly user: User }) {
  const { guest, admin, disabledAt } = props.user;
  return (
    <>
      {guest && <span class="mark-text">guest</span>}
      {admin && <span class="mark-text good">admin</span>}
      {disabledAt !== null && <span class="mark-text bad">disabled</span>}
    </>
  );
}

export function UsersSection() {
  const { place } = useDesk();
  const { q = "" } = place;
  // looking for a text reads every user there is: once, and after a repair
  const listed = usePages(q, (cursor) => listUsers(q, cursor), q === "");
  return (
    <Section title="Users" failure={listed.failure}>
      <Search key={q} />
      <ul class="ops-list" aria-label="Users">
        {listed.rows?.map((user) => (
          <li key={user.id} class="ops-row" aria-current={place.user === user.id ? "true" : undefined}>
            <div class="ops-row-head">
              <Go to={opened(place, { user: user.id })}>{user.name}</Go>
              {user.email !== null && <span class="ops-mail">{user.email}</span>}
              <UserMarks user={user} />
              <span>
                since <When at={user.createdAt} />
              </span>
            </div>
          </li>
        ))}
      </ul>
      <ListEnd listed={listed} empty={q === "" ? "Nobody was ever here." : "Nobody is called that."} />
    </Section>
  );
}
