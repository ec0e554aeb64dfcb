// A button that copies a text and says so.
import { useEffect, useState } from "preact/hooks";
import { CheckIcon, LinkIcon } from "./icons";

const TOLD_MS = 2000;

export function CopyButton(props: { readonly label: string; readonly text: () => string }) {
  const [told, setTold] = useState<"copied" | "failed">();
  useEffect(() => {
    if (told === undefined) return;
    const timer = setTimeout(() => setTold(undefined), TOLD_MS);
    return () => clearTimeout(timer);
  }, [told]);
  const copy = () => {
    // Without a secure origin there is no clipboard at all.
    const written = navigator.clipboard?.writeText(props.text()) ?? Promise.reject(new Error("no clipboard"));
    written.then(
      () => setTold("copied"),
      () => setTold("failed"),
    );
  };
  return (
    <button type="button" class="icon-button" aria-label={props.label} title={props.label} onClick={copy}>
      {told === "copied" ? <CheckIcon /> : <LinkIcon />}
      <span class="sr-only" role="status">
        {told === "copied" ? "Link copied" : told === "failed" ? "The link could not be copied" : ""}
      </span>
    </button>
  );
}
