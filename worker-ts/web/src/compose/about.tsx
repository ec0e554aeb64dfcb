// The line above the text box that says what is being answered, or changed.

import type { ShownMessage } from "../talk/underway";
import { CloseIcon } from "../ui/icons";

/** What is being written: a message, an answer, or another text for an own message. */
export type About =
  | { readonly kind: "new" }
  | { readonly kind: "reply"; readonly message: ShownMessage }
  | { readonly kind: "edit"; readonly message: ShownMessage; readonly text: string };

export const NEW: About = { kind: "new" };

export function AboutLine(props: { readonly about: About; readonly onCancel: () => void }) {
  const { about } = props;
  if (about.kind === "new") return null;
  const { author, text } = about.message;
  return (
    <div class="replying">
      <span class="replying-text">
        {about.kind === "reply" ? (
          <>
            Answering <bdi class="quote-name">{author.name}</bdi>: <span dir="auto">{text}</span>
          </>
        ) : (
          <>
            <strong class="quote-name">Editing</strong> · Esc leaves it as it was
          </>
        )}
      </span>
      <button
        type="button"
        class="icon-button"
        aria-label={about.kind === "reply" ? "Cancel the answer" : "Cancel the change"}
        onClick={props.onCancel}
      >
        <CloseIcon />
      </button>
    </div>
  );
}
