// A bolt: the one icon that the page itself does not need.
export function BoltIcon() {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d="M13 3L5 14h6l-1 7 8-11h-6z" />
    </svg>
  );
}
