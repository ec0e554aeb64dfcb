// The dialog about oneself: name, picture, all one's data as a file, and the end of the account.
import { useId, useRef, useState } from "preact/hooks";
import { type Account, changeName, changePicture, deleteAccount, OWN_EXPORT, removePicture, sayError } from "../api";
import { Confirm } from "../layer/confirm";
import { Dialog } from "../layer/dialog";
import { Refusal } from "../layer/refusal";
import { useSubmit } from "../layer/submit";
import { tell } from "../layer/toast";
import { Avatar } from "../ui/avatar";
import { squarePicture } from "./picture";

/** The wire's limit is 96 bytes, which 32 characters of most scripts keep. */
export const NAME_CHARACTERS_MAX = 32;

function PictureChoice(props: { readonly account: Account; readonly onDone: () => Promise<void> }) {
  const { account } = props;
  const input = useRef<HTMLInputElement>(null);
  const [busy, setBusy] = useState(false);
  const change = async (work: () => Promise<unknown>) => {
    setBusy(true);
    try {
      await work();
      await props.onDone();
    } catch (error) {
      tell(sayError(error), { bad: true });
    } finally {
      setBusy(false);
    }
  };
  return (
    <div class="picture-choice">
      <Avatar id={account.id} name={account.name} />
      <button type="button" class="button small" disabled={busy} onClick={() => input.current?.click()}>
        {busy ? "Sending …" : "Change picture"}
      </button>
      {account.avatar !== null && (
        <button type="button" class="button small" disabled={busy} onClick={() => void change(removePicture)}>
          Remove it
        </button>
      )}
      <input
        ref={input}
        type="file"
        accept="image/png,image/jpeg,image/gif,image/webp,image/avif"
        hidden
        tabIndex={-1}
        aria-label="Picture"
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          if (file !== undefined) void change(async () => changePicture(await squarePicture(file)));
        }}
      />
    </div>
  );
}

export function Profile(props: {
  readonly account: Account;
  /** Something of the account has changed. */
  readonly onChanged: () => Promise<void>;
  /** There is no account any more. */
  readonly onDeleted: () => Promise<void>;
  readonly onClose: () => void;
}) {
  const { account, onChanged, onClose } = props;
  const id = useId();
  const [name, setName] = useState(account.name);
  const [deleting, setDeleting] = useState(false);
  const { busy, refusal, submit } = useSubmit(async () => {
    await changeName(name.trim());
    await onChanged();
    onClose();
  });
  if (deleting) return <DeleteAccount onDeleted={props.onDeleted} onClose={onClose} />;
  return (
    <Dialog title="Your profile" onClose={onClose}>
      <PictureChoice account={account} onDone={onChanged} />
      <form class="stack" onSubmit={submit}>
        <div class="field">
          <label for={id}>Name</label>
          <div class="with-button">
            <input
              id={id}
              dir="auto"
              value={name}
              maxLength={NAME_CHARACTERS_MAX}
              required
              autocomplete="nickname"
              onInput={(event) => setName(event.currentTarget.value)}
            />
            <button
              type="submit"
              class="button primary"
              disabled={busy || name.trim() === "" || name.trim() === account.name}
            >
              Save
            </button>
          </div>
        </div>
        <Refusal text={refusal} />
      </form>
      <section class="dialog-part">
        <h3>Your data</h3>
        <p class="hint">Your account, your rooms and every message of yours, as one file (NDJSON).</p>
        <p class="buttons">
          <a class="button small" href={OWN_EXPORT} download="ferrule-export.ndjson">
            Download my data
          </a>
          <button type="button" class="button small danger-text" onClick={() => setDeleting(true)}>
            Delete my account …
          </button>
        </p>
      </section>
    </Dialog>
  );
}

function DeleteAccount(props: { readonly onDeleted: () => Promise<void>; readonly onClose: () => void }) {
  const [messages, setMessages] = useState(false);
  const remove = async () => {
    await deleteAccount(messages);
    await props.onDeleted();
  };
  return (
    <Confirm
      title="Delete my account"
      action="Delete my account"
      word="delete"
      onConfirm={remove}
      onClose={props.onClose}
    >
      <p>You are signed out everywhere, your name and picture go, and nobody can sign in to this account again.</p>
      <label class="check">
        <input type="checkbox" checked={messages} onChange={(event) => setMessages(event.currentTarget.checked)} />
        <span>Erase everything I wrote, in all rooms, and my files</span>
      </label>
    </Confirm>
  );
}
