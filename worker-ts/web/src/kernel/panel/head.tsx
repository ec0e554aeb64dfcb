// The head of the page: which kernel, how it stands, stopped or running, colours, who is signed in.
import { useId, useState } from "preact/hooks";
import type { Account } from "../../api";
import { LeaveIcon, Mark } from "../../ui/icons";
import { ThemeButton } from "../../ui/theme-button";
import { useDesk } from "../desk";
import { count } from "../model/words";

/** Ids of kernels. */
const ID = "[a-z0-9\\-]{1,63}";

export function KernelChooser(props: { readonly id: string; readonly onChange: (id: string) => void }) {
  const field = useId();
  const [text, setText] = useState(props.id);
  return (
    <form
      class="chooser"
      onSubmit={(event) => {
        event.preventDefault();
        props.onChange(text.trim());
      }}
    >
      <label for={field}>Kernel</label>
      <input
        id={field}
        value={text}
        required
        pattern={ID}
        maxLength={63}
        size={12}
        title="a–z, 0–9 and -"
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      {text.trim() !== props.id && (
        <button type="submit" class="button small">
          Open
        </button>
      )}
    </form>
  );
}

export function Bar(props: {
  readonly account: Account;
  readonly id: string;
  readonly onKernel: (id: string) => void;
  readonly onSignOut: () => void;
}) {
  return (
    <header class="kernel-bar">
      <a class="home" href="/pages" aria-label="Ferrule: all pages">
        <Mark />
      </a>
      <h1>Kernel</h1>
      <KernelChooser key={props.id} id={props.id} onChange={props.onKernel} />
      <span class="spring" />
      <ThemeButton />
      <button
        type="button"
        class="icon-button"
        aria-label={`Sign out ${props.account.name}`}
        title={`Sign out ${props.account.name}`}
        onClick={props.onSignOut}
      >
        <LeaveIcon />
      </button>
    </header>
  );
}

/** How the kernel stands, and what can be done with the whole of it. */
export function Standing() {
  const { kernel, seen } = useDesk();
  const { crank, queue, store, activityHash, paused, incidents } = seen.status.kernel;
  const { door, run } = kernel;
  const last = incidents.at(-1);
  return (
    <section class="standing" aria-label="How the kernel stands">
      <p class="standing-facts">
        <span class={paused ? "mark-text warn" : "mark-text good"}>{paused ? "paused" : "running"}</span>
        <span>
          crank <b class="number">{crank}</b>
        </span>
        <span>{count(queue, "item")} in the queue</span>
        <span>store {store}</span>
        <span title={`Activity hash ${activityHash}`}>
          hash <code>{activityHash.slice(0, 8)}</code>
        </span>
      </p>
      <div class="standing-buttons">
        {paused ? (
          <>
            <button
              type="button"
              class="button small"
              title="Lets one crank happen"
              onClick={() => run(() => door.step(1))}
            >
              Step
            </button>
            <button type="button" class="button small primary" onClick={() => run(door.resume)}>
              Resume
            </button>
          </>
        ) : (
          <button type="button" class="button small" onClick={() => run(door.pause)}>
            Pause
          </button>
        )}
        <button type="button" class="button small" onClick={() => run(door.collectGarbage, "Garbage is collected.")}>
          Collect garbage
        </button>
      </div>
      {last !== undefined && (
        <p class="incident">
          Last incident: {last.text} (<time>{new Date(last.at).toLocaleString()}</time>)
        </p>
      )}
      {seen.graph.truncated && <p class="incident">There is more in this kernel than is drawn.</p>}
      {kernel.state.failure !== undefined && (
        <p class="refusal" role="alert">
          The kernel cannot be seen: {kernel.state.failure}
        </p>
      )}
    </section>
  );
}
