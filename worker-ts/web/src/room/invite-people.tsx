// The dialog that makes an invitation: for whom, for how long, how often; and shows its link, once.
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { type Invite, makeInvite, type RoomInfo } from "../api";
import { Dialog } from "../layer/dialog";
import { Refusal } from "../layer/refusal";
import { useSubmit } from "../layer/submit";
import { pathOf } from "../route";
import { fullLabel } from "../text/format";
import { copyText } from "../ui/copy-text";

const HOUR_MS = 3_600_000;
/** The server allows 30 days from now, by its own clock. */
const CLOCKS_MS = 600_000;
const LIVES: readonly (readonly [ms: number, label: string])[] = [
  [HOUR_MS, "1 hour"],
  [24 * HOUR_MS, "1 day"],
  [7 * 24 * HOUR_MS, "7 days"],
  [30 * 24 * HOUR_MS - CLOCKS_MS, "30 days"],
];
const USES = [1, 5, 25, 100] as const;

function Link(props: { readonly invite: Invite; readonly uses: number }) {
  const { invite, uses } = props;
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const [told, setTold] = useState("");
  // The button that made it is gone: the next key belongs to what it made.
  useLayoutEffect(() => field.current?.focus(), []);
  const link = location.origin + pathOf({ at: "invite", token: invite.token });
  const copy = async () => {
    if (await copyText(link)) return setTold("Copied");
    field.current?.select();
    setTold("Copy it by hand");
  };
  return (
    <div class="stack">
      <div class="field">
        <label for={id}>Link</label>
        <div class="with-button">
          <input
            id={id}
            ref={field}
            value={link}
            readOnly
            autofocus
            onFocus={(event) => event.currentTarget.select()}
          />
          <button type="button" class="button primary" onClick={copy}>
            {told === "Copied" ? "Copied" : "Copy"}
          </button>
        </div>
        <span class="sr-only" role="status">
          {told}
        </span>
      </div>
      <p class="hint">
        Good for {uses === 1 ? "one person" : `${uses} people`}, until {fullLabel(invite.expiresAt)}. It is not shown
        again: whoever has it can come in.
      </p>
    </div>
  );
}

export function InvitePeople(props: {
  readonly info: RoomInfo;
  /** Whether moderators can be invited too. */
  readonly owner: boolean;
  readonly onClose: () => void;
}) {
  const { info, owner } = props;
  const id = useId();
  const [role, setRole] = useState<"member" | "moderator">("member");
  const [life, setLife] = useState(LIVES[2]![0]);
  const [uses, setUses] = useState<number>(1);
  const [invite, setInvite] = useState<Invite>();
  const { busy, refusal, submit } = useSubmit(async () =>
    setInvite(await makeInvite(info.id, { role, uses, expiresAt: Date.now() + life })),
  );
  return (
    <Dialog title={`Invite people to ${info.title}`} onClose={props.onClose}>
      {invite !== undefined ? (
        <Link invite={invite} uses={uses} />
      ) : (
        <form class="stack" onSubmit={submit}>
          <p class="hint">
            {info.visibility === "private"
              ? "Nobody finds this room by itself. A link lets people in, with or without an account."
              : "Everybody can join this room by its address. An invitation says so in the log, and can make moderators."}
          </p>
          <div class="pair">
            <div class="field">
              <label for={`${id}-uses`}>For</label>
              <select id={`${id}-uses`} onChange={(event) => setUses(Number(event.currentTarget.value))}>
                {USES.map((count) => (
                  <option key={count} value={count} selected={count === uses}>
                    {count === 1 ? "one person" : `${count} people`}
                  </option>
                ))}
              </select>
            </div>
            <div class="field">
              <label for={`${id}-life`}>Good for</label>
              <select id={`${id}-life`} onChange={(event) => setLife(Number(event.currentTarget.value))}>
                {LIVES.map(([ms, label]) => (
                  <option key={ms} value={ms} selected={ms === life}>
                    {label}
                  </option>
                ))}
              </select>
            </div>
          </div>
          {owner && (
            <div class="field">
              <label for={`${id}-role`}>They come as</label>
              <select
                id={`${id}-role`}
                onChange={(event) => setRole(event.currentTarget.value === "moderator" ? "moderator" : "member")}
              >
                <option value="member">members</option>
                <option value="moderator">moderators</option>
              </select>
            </div>
          )}
          <Refusal text={refusal} />
          <div class="buttons">
            <button type="button" class="button" onClick={props.onClose}>
              Cancel
            </button>
            <button type="submit" class="button primary" disabled={busy}>
              Make a link
            </button>
          </div>
        </form>
      )}
    </Dialog>
  );
}
