// A button that mends something: busy while it does, then says what came of it, and the whole page looks again. What cannot be taken back
// asks first.
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { sayError } from "../../api";
import { ApiError } from "../../api/call";
import { Confirm } from "../../layer/confirm";
import { tell } from "../../layer/toast";
import { useDesk } from "../live/desk";
import { HEADING } from "./section";

/** Does it; answers what to tell. */
type Mend = () => Promise<string>;

/** What a repair says that came too late: somebody else has done it. */
const GONE = "It is gone already: somebody else was quicker.";

function useMend(mend: Mend) {
  const { mended, refused } = useDesk();
  return async () => {
    try {
      tell(await mend());
    } catch (error) {
      // 403 may be about this one repair, of oneself for example; whoever is no admin any more is told so by the next look
      if (error instanceof ApiError && error.status === 401) refused(error.status);
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
      tell(GONE);
    } finally {
      mended();
    }
  };
}

/** A button that may go with what it mended: the focus then goes to what stands around it, not to nothing. */
function useHeirOfFocus() {
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    const around = button.current?.closest<HTMLElement>(".ops-panel");
    return () => {
      if (document.activeElement !== button.current) return;
      // the part's heading may be on its way out as well: then whoever changed the place sees to it
      const heir = around?.isConnected ? around : document.getElementById(HEADING);
      heir?.focus({ preventScroll: true });
    };
  }, []);
  return button;
}

interface Named {
  /** What the button says. */
  readonly name: string;
  /** What it is called where several say the same. */
  readonly label?: string;
  readonly primary?: boolean;
}

export function Repair(props: Named & { readonly mend: Mend }) {
  const [busy, setBusy] = useState(false);
  const mend = useMend(props.mend);
  const button = useHeirOfFocus();
  const press = async () => {
    setBusy(true);
    await mend().catch((error: unknown) => tell(sayError(error), { bad: true }));
    setBusy(false);
  };
  return (
    <button
      ref={button}
      type="button"
      class={props.primary === true ? "button small primary" : "button small"}
      aria-label={props.label}
      // not disabled: what has the focus keeps it
      aria-disabled={busy}
      onClick={() => busy || void press()}
    >
      {props.name}
    </button>
  );
}

/** One that asks first; `word` is to be typed. */
export function AskedRepair(
  props: Named & {
    readonly title: string;
    readonly action: string;
    readonly mild?: boolean;
    readonly word?: string;
    readonly mend: Mend;
    readonly children: ComponentChildren;
  },
) {
  const [asking, setAsking] = useState(false);
  const mend = useMend(props.mend);
  const button = useHeirOfFocus();
  const { word } = props;
  return (
    <>
      <button ref={button} type="button" class="button small" aria-label={props.label} onClick={() => setAsking(true)}>
        {props.name}
      </button>
      {asking && (
        <Confirm
          title={props.title}
          action={props.action}
          mild={props.mild === true}
          {...(word === undefined ? {} : { word })}
          onConfirm={async () => {
            await mend();
            setAsking(false);
          }}
          onClose={() => setAsking(false)}
        >
          {props.children}
        </Confirm>
      )}
    </>
  );
}
