// How far apart time is drawn.
const ZOOMS = [1, 2, 4, 8, 16, 32, 64] as const;
export type ZoomStep = (typeof ZOOMS)[number];

export function Zoom(props: { readonly zoom: ZoomStep; readonly onChange: (zoom: ZoomStep) => void }) {
  const { zoom, onChange } = props;
  const at = ZOOMS.indexOf(zoom);
  return (
    <div class="zoom">
      <button
        type="button"
        class="button small"
        aria-label="Draw time closer together"
        disabled={at === 0}
        onClick={() => onChange(ZOOMS[at - 1]!)}
      >
        −
      </button>
      <span class="hint">×{zoom}</span>
      <button
        type="button"
        class="button small"
        aria-label="Draw time further apart"
        disabled={at === ZOOMS.length - 1}
        onClick={() => onChange(ZOOMS[at + 1]!)}
      >
        +
      </button>
    </div>
  );
}
