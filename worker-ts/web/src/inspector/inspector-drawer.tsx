// The frame inspector: every binary message of this room's line as it goes and comes, newest first. It only looks on.
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { CloseIcon } from "../ui/icons";
import { FrameView } from "./frame-view";
import "./inspector.css";
import { FRAMES_MAX, matching, type Recorded, recorder } from "./recorder";

/** Its id, for the button that opens it. */
const DRAWER = "inspector";

/** Listens while it is on screen; many frames of one moment make one drawing. */
function useFrames(): readonly Recorded[] {
  const [, draw] = useState(0);
  useEffect(() => {
    let asked: number | undefined;
    const stop = recorder.listen(() => {
      asked ??= requestAnimationFrame(() => {
        asked = undefined;
        draw((count) => count + 1);
      });
    });
    return () => {
      if (asked !== undefined) cancelAnimationFrame(asked);
      stop();
    };
  }, []);
  return recorder.frames;
}

const clock = (at: number) => {
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, "0")}`;
};

function FrameRow(props: { readonly frame: Recorded; readonly open: boolean; readonly onToggle: () => void }) {
  const { frame, open } = props;
  const { side, kind, bytes, ratio, verdict, summary, at } = frame;
  const panel = useId();
  // Kind and way are seen already: they are for those who hear the line.
  const known = summary.startsWith(`${kind} ${side}`) ? `${kind} ${side}: `.length : 0;
  return (
    <li class={`frame ${verdict}`}>
      <button
        type="button"
        class="frame-row"
        aria-expanded={open}
        aria-controls={open ? panel : undefined}
        onClick={props.onToggle}
      >
        <span class={`frame-side ${side}`} aria-hidden="true">
          {side === "up" ? "↑" : "↓"}
        </span>
        <span class="sr-only">{side}</span>
        <strong>{kind}</strong>
        <span class="frame-size">
          {bytes.length} B{ratio !== undefined && ` · LZ4 ${Math.round(ratio * 100)} %`}
        </span>
        <time>{clock(at)}</time>
        <bdi class="frame-summary">
          <span class="sr-only">{summary.slice(0, known)}</span>
          {summary.slice(known)}
        </bdi>
      </button>
      {open && (
        <div id={panel}>
          <FrameView frame={frame} />
        </div>
      )}
    </li>
  );
}

export function InspectorDrawer(props: { readonly onClose: () => void }) {
  const frames = useFrames();
  const [filter, setFilter] = useState("");
  const [open, setOpen] = useState<number>();
  const panel = useRef<HTMLElement>(null);
  const filterId = useId();
  const shown = matching(frames, filter);
  // Opened by hand, it is what the next key belongs to.
  useEffect(() => panel.current?.focus(), []);
  return (
    <aside
      ref={panel}
      id={DRAWER}
      class="inspector"
      aria-label="Frames"
      tabIndex={-1}
      onKeyDown={(event) => event.key === "Escape" && props.onClose()}
    >
      <header class="inspector-head">
        <h2>Frames</h2>
        <button
          type="button"
          class="button small"
          aria-pressed={recorder.paused}
          onClick={() => recorder.pause(!recorder.paused)}
        >
          {recorder.paused ? "Go on" : "Pause"}
        </button>
        <button type="button" class="button small" onClick={() => recorder.clear()}>
          Clear
        </button>
        <button type="button" class="icon-button" aria-label="Close the frame inspector" onClick={props.onClose}>
          <CloseIcon />
        </button>
      </header>
      <div class="inspector-filter">
        <label class="sr-only" for={filterId}>
          Filter frames
        </label>
        <input
          id={filterId}
          type="search"
          placeholder="Filter: msg, up, hello …"
          value={filter}
          onInput={(event) => setFilter(event.currentTarget.value)}
        />
        <span class="hint">
          {shown.length} of {recorder.seen}
        </span>
      </div>
      <ol class="inspector-list">
        {shown.map((frame) => (
          <FrameRow
            key={frame.number}
            frame={frame}
            open={frame.number === open}
            onToggle={() => setOpen(frame.number === open ? undefined : frame.number)}
          />
        ))}
        {shown.length === 0 && (
          <li class="hint inspector-none">
            {frames.length > 0
              ? "No frame matches."
              : recorder.paused
                ? "Paused."
                : `What goes over the line is shown here from now on, the last ${FRAMES_MAX} frames. Write something.`}
          </li>
        )}
      </ol>
    </aside>
  );
}
