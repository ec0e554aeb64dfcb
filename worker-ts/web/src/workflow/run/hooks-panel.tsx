// The hooks that wait to be resumed: with a payload as JSON, from here; a webhook's address for whoever calls it.
import { useId, useState } from "preact/hooks";
import { Refusal } from "../../layer/refusal";
import { useSubmit } from "../../layer/submit";
import { tell } from "../../layer/toast";
import { resumeHook } from "../api";
import { type OpenHook, roomOfChoice } from "../model/lanes";
import { readJson } from "../model/words";
import { useAsk } from "../use-ask";

function HookForm({ token, webhook, resumed }: OpenHook) {
  const field = useId();
  const ask = useAsk();
  const [text, setText] = useState("{}");
  const { busy, refusal, submit } = useSubmit(async () => {
    const payload = readJson(text);
    if (payload === undefined) throw new Error("The payload is no JSON.");
    await ask(resumeHook(token, payload));
    tell("The hook is resumed.");
  });
  return (
    <li>
      <form class="hook" aria-label={`Hook ${token}`} onSubmit={submit}>
        <p class="hook-token">
          <code>{token}</code>
          {resumed > 0 && <span class="hint"> resumed {resumed === 1 ? "once" : `${resumed} times`} so far</span>}
        </p>
        {webhook && (
          <p class="hint">
            Webhook: <code>{`${location.origin}/.well-known/workflow/v1/webhook/${encodeURIComponent(token)}`}</code>
          </p>
        )}
        {!webhook && (
          <>
            <label for={field}>Payload, as JSON</label>
            <textarea
              id={field}
              rows={3}
              value={text}
              autocomplete="off"
              spellcheck={false}
              onInput={(event) => setText(event.currentTarget.value)}
            />
            <div class="buttons">
              <button type="submit" class="button small primary" disabled={busy}>
                Resume
              </button>
            </div>
          </>
        )}
        <Refusal text={refusal} />
      </form>
    </li>
  );
}

/** Whom the room asks by a card: what is sent from here would not count. */
function AskedRoom(props: { readonly room: string }) {
  return (
    <li>
      <p>
        Members of the room answer by the links of its card.{" "}
        <a href={`/rooms/${props.room}`}>Open the room {props.room}</a>
      </p>
    </li>
  );
}

export function HooksPanel(props: { readonly hooks: readonly OpenHook[] }) {
  if (props.hooks.length === 0) return null;
  return (
    <section class="card" aria-labelledby="hooks-title">
      <h2 id="hooks-title">
        {props.hooks.every(({ resumed }) => resumed > 0) ? "The run takes answers" : "The run waits for an answer"}
      </h2>
      <ul class="hooks">
        {props.hooks.map((hook) => {
          const room = roomOfChoice(hook.token);
          return room === undefined ? (
            <HookForm key={hook.token} {...hook} />
          ) : (
            <AskedRoom key={hook.token} room={room} />
          );
        })}
      </ul>
    </section>
  );
}
