// One user: who they are, where they are signed in, which rooms they may be in; and signing out, disabling, deleting.
import { useState } from "preact/hooks";
import { Fact, Facts } from "../../admin/facts";
import { plural } from "../../text/format";
import { deleteUser, disableUser, getUser, signOutUser, type User } from "../api";
import { usePoll } from "../live/use-poll";
import { Go } from "../part/go";
import { AskedRepair, Repair } from "../part/repair";
import { Unknown } from "../part/unknown";
import { When } from "../part/when";
import { UserMarks } from "../section/users";

const LOOK_MS = 5_000;
/** The server lists no more. */
const SESSIONS_MAX = 50;

function Delete(props: { readonly user: User }) {
  const { user } = props;
  const [messages, setMessages] = useState(false);
  return (
    <AskedRepair
      name="Delete …"
      title={`Delete ${user.name}`}
      action="Delete the account"
      word={user.email ?? user.name}
      mend={async () => {
        await deleteUser(user.id, messages);
        return `The account of ${user.name} is deleted; rooms forget the name soon.`;
      }}
    >
      <p>The account ends for good: no sign-in, no name in any room. Whoever owns a room alone cannot be deleted.</p>
      <label class="check">
        <input type="checkbox" checked={messages} onChange={(event) => setMessages(event.currentTarget.checked)} />
        Erase everything that they wrote, too
      </label>
    </AskedRepair>
  );
}

/** What ends with a guest's sessions. */
const FOR_GOOD = "A guest has nothing to sign in with: who they are ends with their sessions, for good.";

/** Ends their sessions; a guest's is asked first, for it is the guest's end. */
function SignOut(props: { readonly user: User; readonly primary: boolean }) {
  const { user, primary } = props;
  const mend = async () => {
    const { ended } = await signOutUser(user.id);
    return ended === 0
      ? `${user.name} was signed in nowhere.`
      : `${user.name} is signed out: ${plural(ended, "session")}.`;
  };
  if (!user.guest) return <Repair name="Sign out everywhere" mend={mend} primary={primary} />;
  return (
    <AskedRepair name="Sign out everywhere …" title={`Sign out ${user.name}`} action="Sign out" mend={mend}>
      <p>{FOR_GOOD}</p>
    </AskedRepair>
  );
}

function Repairs(props: { readonly user: User; readonly sessions: number }) {
  const { user, sessions } = props;
  return (
    <div class="ops-repairs">
      <SignOut user={user} primary={sessions > 0 && user.disabledAt !== null} />
      {user.disabledAt === null ? (
        <AskedRepair
          name="Disable …"
          title={`Disable ${user.name}`}
          action="Disable"
          mend={async () => {
            await disableUser(user.id, true);
            return `${user.name} is disabled.`;
          }}
        >
          <p>
            Every session and socket ends, and nobody signs in as {user.name} until they are enabled again.
            {user.guest && ` ${FOR_GOOD}`}
          </p>
        </AskedRepair>
      ) : (
        <Repair
          name="Enable"
          mend={async () => {
            await disableUser(user.id, false);
            return `${user.name} may sign in again.`;
          }}
        />
      )}
      <Delete user={user} />
    </div>
  );
}

export function UserDetail(props: { readonly id: string }) {
  const { id } = props;
  const { data, failure, gone } = usePoll(id, () => getUser(id), LOOK_MS);
  if (data === undefined || gone) return <Unknown failure={failure} gone={gone} />;
  const { user, sessions, rooms } = data;
  return (
    <>
      <h2>{user.name}</h2>
      <p>
        <UserMarks user={user} />
      </p>
      <Facts>
        <Fact name="Id">
          <code>{user.id}</code>
        </Fact>
        {user.email !== null && <Fact name="E-mail">{user.email}</Fact>}
        <Fact name="Here since">
          <When at={user.createdAt} />
        </Fact>
        {user.disabledAt !== null && (
          <Fact name="Disabled">
            <When at={user.disabledAt} />
          </Fact>
        )}
      </Facts>
      <Repairs user={user} sessions={sessions.length} />
      <section class="ops-block" aria-label="Sessions">
        <h3>Sessions</h3>
        {sessions.length === 0 && <p class="hint">Signed in nowhere.</p>}
        {sessions.length === SESSIONS_MAX && <p class="hint">The newest {SESSIONS_MAX}; there may be more.</p>}
        <ul class="ops-list">
          {sessions.map((session) => (
            <li key={session.id} class="ops-row">
              since <When at={session.createdAt} />: {session.userAgent ?? "a program that does not say which"}
            </li>
          ))}
        </ul>
      </section>
      <section class="ops-block" aria-label="Rooms">
        <h3>May have sockets in</h3>
        {rooms.length === 0 && <p class="hint">No room.</p>}
        <ul class="ops-list">
          {rooms.map((room) => (
            <li key={room} class="ops-row">
              <Go to={{ at: "rooms", room }}>{room}</Go>
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}
