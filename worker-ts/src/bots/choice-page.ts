// The pages behind a card's links, as HTML: the question, what came of it, why not. Words alone.
import type { Choice } from "../../workflows/room-port";

/** How pages of the house are made. */
export interface ChoicePages {
  /** A whole page; `body` is HTML. */
  readonly htmlPage: (title: string, body: string) => string;
  readonly escapeHtml: (text: string) => string;
}

const TITLES: Readonly<Record<Choice, string>> = {
  approve: "Approve the request?",
  reject: "Reject the request?",
  done: "Done with the reminder?",
};
const BUTTONS: Readonly<Record<Choice, string>> = { approve: "Approve", reject: "Reject", done: "Done" };
const back = (href: string) => `<p><a href="${href}">To the chat</a></p>\n`;

/** The pages. */
export function choicePages({ htmlPage, escapeHtml }: ChoicePages) {
  const roomLink = (room: string) => back(`/rooms/${escapeHtml(room)}`);
  return {
    /** Asks once more. */
    question: (choice: Choice, room: string, token: string) =>
      htmlPage(
        TITLES[choice],
        `<p>Everybody in the room will see that it was you.</p>
<form method="post">
<input type="hidden" name="token" value="${escapeHtml(token)}">
<button>${BUTTONS[choice]}</button>
</form>
${roomLink(room)}`,
      ),
    /** It was handed on. */
    taken: (choice: Choice, room: string) =>
      htmlPage(`${BUTTONS[choice]}: noted`, `<p>The card in the room tells what came of it.</p>\n${roomLink(room)}`),
    /** It was not. */
    refused: (message: string) => htmlPage("Not taken", `<p role="alert">${escapeHtml(message)}</p>\n${back("/")}`),
  };
}
