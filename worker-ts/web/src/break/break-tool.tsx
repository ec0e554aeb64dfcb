// The button that opens the panel, and the panel, which is fetched when it is opened for the first time.
import type { FunctionComponent } from "preact";
import { useState } from "preact/hooks";
import { BoltIcon } from "./bolt-icon";

type Panel = FunctionComponent<{ readonly room: string; readonly onClose: () => void }>;

export function BreakTool(props: { readonly room: string }) {
  const [panel, setPanel] = useState<{ readonly show: Panel }>();
  const [open, setOpen] = useState(false);
  const start = async () => {
    setOpen(true);
    if (panel === undefined) setPanel({ show: (await import("./break-panel")).BreakPanel });
  };
  const Show = panel?.show;
  return (
    <>
      <button type="button" class="icon-button" aria-label="Try to break it" title="Try to break it" onClick={start}>
        <BoltIcon />
      </button>
      {open && Show !== undefined && <Show room={props.room} onClose={() => setOpen(false)} />}
    </>
  );
}
