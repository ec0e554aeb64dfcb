// What a page shows while the server does not answer: why, and a way to ask again, which it also does by itself.
import { useEffect } from "preact/hooks";
import { every } from "../platform";

/** How often it is asked anew. */
const LOOK_AGAIN_MS = 3_000;

/** Nobody can say who is signed in: looks again by itself. */
export function Unreached(props: { readonly message: string; readonly onRetry: () => Promise<void> }) {
  const { onRetry } = props;
  useEffect(() => every(LOOK_AGAIN_MS, () => void onRetry()), [onRetry]);
  return (
    <main class="empty">
      <h1>Ferrule cannot be reached</h1>
      <p class="hint">{props.message}</p>
      <button type="button" class="button primary" onClick={() => void onRetry()}>
        Try again
      </button>
    </main>
  );
}
