// The button that opens the frame inspector, and the drawer, which is fetched when it is opened for the first time.
import type { FunctionComponent } from "preact";
import { useEffect, useState } from "preact/hooks";

type Drawer = FunctionComponent<{ readonly onClose: () => void }>;

export function InspectorTool(props: { readonly open: boolean; readonly onToggle: () => void }) {
  return (
    <button
      type="button"
      class="icon-button only-wide"
      aria-label="Frame inspector"
      title="Frame inspector"
      aria-expanded={props.open}
      aria-controls={props.open ? "inspector" : undefined}
      onClick={props.onToggle}
    >
      <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
        <path d="M4 6h9M4 12h6M4 18h7" />
        <circle cx="16.5" cy="14.5" r="3.5" />
        <path d="M19 17l2.5 3" />
      </svg>
    </button>
  );
}

/** The drawer, once it has come. */
export function Inspector(props: { readonly onClose: () => void }) {
  const [drawer, setDrawer] = useState<{ readonly Show: Drawer }>();
  useEffect(() => {
    void import("./inspector-drawer").then(({ InspectorDrawer }) => setDrawer({ Show: InspectorDrawer }));
  }, []);
  return drawer === undefined ? null : <drawer.Show onClose={props.onClose} />;
}
