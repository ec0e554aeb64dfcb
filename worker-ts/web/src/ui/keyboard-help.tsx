// The dialog that names the keys, and the key that opens it.
import { useEffect } from "preact/hooks";
import { Dialog } from "../layer/dialog";

const KEYS: readonly (readonly [where: string, keys: readonly (readonly [key: string, does: string])[]])[] = [
  [
    "Everywhere",
    [
      ["?", "This list (outside of text boxes)"],
      ["Ctrl K", "Search (so does / outside of text boxes)"],
      ["Tab", "On to the next place; with Shift, back"],
      ["Esc", "Closes what is open; back to writing"],
    ],
  ],
  [
    "Writing",
    [
      ["Enter", "Sends"],
      ["Shift Enter", "New line"],
      ["↑", "In an empty box: changes your last message"],
      ["Esc", "Drops the answer or the change that was begun"],
    ],
  ],
  [
    "In the messages",
    [
      ["↑ ↓", "From message to message"],
      ["Home End", "First and last one on the page"],
      ["R", "Answers the message"],
      ["+", "Reacts to it with an emoji"],
      ["E", "Changes it, when it is your own"],
      ["Del U", "Deletes it; takes that back for a moment"],
      ["P", "Pins it, when you keep order here"],
      ["M", "All that can be done with it"],
      ["Enter", "Goes to the message that it answers"],
      ["Backspace", "And back again"],
    ],
  ],
];

/** Calls `open` when ? is pressed, unless something is being written or a dialog is open. */
export function useHelpKey(open: () => void): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key !== "?" || event.ctrlKey || event.metaKey || event.altKey) return;
      const target = event.target as Element;
      if (target.closest("input, textarea, dialog") !== null) return;
      event.preventDefault();
      open();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [open]);
}

export function KeyboardHelp(props: { readonly onClose: () => void }) {
  return (
    <Dialog title="Keyboard" onClose={props.onClose}>
      {KEYS.map(([where, keys]) => (
        <section key={where} class="keys">
          <h3>{where}</h3>
          <dl>
            {keys.map(([key, does]) => (
              <div key={key}>
                <dt>
                  {key.split(" ").map((one) => (
                    <kbd key={one}>{one}</kbd>
                  ))}
                </dt>
                <dd>{does}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </Dialog>
  );
}
