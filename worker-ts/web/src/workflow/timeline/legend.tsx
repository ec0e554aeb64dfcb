// What the signs of the timeline mean.
const LEGEND = [
  ["queued", "waits its turn"],
  ["running", "runs"],
  ["completed", "done"],
  ["failed", "failed"],
  ["retry", "tried again"],
  ["waiting", "sleeps"],
  ["hook", "hook"],
] as const;

export function Legend() {
  return (
    <ul class="legend" aria-label="Signs">
      {LEGEND.map(([sign, words]) => (
        <li key={sign}>
          <span class={`key ${sign}`} aria-hidden="true" /> {words}
        </li>
      ))}
    </ul>
  );
}
