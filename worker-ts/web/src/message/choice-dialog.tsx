// Answering a bot's card without leaving the room. The card tells what came of it, so nothing is said here when it was taken.
import { answerCard } from "../api";
import { Confirm } from "../layer/confirm";
import type { CardChoice } from "../text/card";

const WORDS: Readonly<Record<CardChoice["choice"], readonly [title: string, action: string]>> = {
  approve: ["Approve the request?", "Approve"],
  reject: ["Reject the request?", "Reject"],
  done: ["Done with the reminder?", "Done"],
};

export function ChoiceDialog(props: {
  readonly choice: CardChoice;
  /** What the card says. */
  readonly text: string;
  readonly onClose: () => void;
}) {
  const { choice, text, onClose } = props;
  const [title, action] = WORDS[choice.choice];
  const answer = async () => {
    await answerCard(choice);
    onClose();
  };
  return (
    <Confirm title={title} action={action} mild onConfirm={answer} onClose={onClose}>
      <blockquote class="card-quote" dir="auto">
        {text.split("\n")[0]}
      </blockquote>
      <p>Everybody in the room will see that it was you.</p>
    </Confirm>
  );
}
