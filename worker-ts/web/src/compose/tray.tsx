// The files of the message that is being written: what they look like, how far they are, and how to take one out again.
import { useEffect, useState } from "preact/hooks";
import { plainName, sizeLabel } from "../text/file";
import { CloseIcon, FileIcon, RetryIcon } from "../ui/icons";
import type { Upload, Uploads } from "./uploads";

/** Pictures that every browser shows. */
const SHOWN = /^image\/(?:png|jpeg|gif|webp|avif)$/u;

/** An address of the file in this tab, when it is a picture. */
function usePreview(file: File): string | undefined {
  const [address, setAddress] = useState<string>();
  useEffect(() => {
    if (!SHOWN.test(file.type)) return;
    const made = URL.createObjectURL(file);
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  return address;
}

function Card(props: { readonly upload: Upload; readonly uploads: Uploads }) {
  const { upload, uploads } = props;
  const preview = usePreview(upload.file);
  const name = plainName(upload.file.name);
  const percent = Math.round(upload.share * 100);
  return (
    <li class={`upload ${upload.state}`}>
      <span class="upload-picture">{preview === undefined ? <FileIcon /> : <img src={preview} alt="" />}</span>
      <span class="upload-text">
        <bdi class="upload-name" title={name}>
          {name}
        </bdi>
        {upload.state === "failed" ? (
          <small class="upload-reason">{upload.reason}</small>
        ) : (
          <small class="hint">
            {upload.state === "sending"
              ? `${percent} % of ${sizeLabel(upload.file.size)}`
              : sizeLabel(upload.file.size)}
          </small>
        )}
        {upload.state === "sending" && <progress max={100} value={percent} aria-label={`Uploading ${name}`} />}
      </span>
      {upload.again && upload.state === "failed" && (
        <button
          type="button"
          class="icon-button"
          aria-label={`Try ${name} again`}
          title="Try again"
          onClick={() => uploads.retry(upload.id)}
        >
          <RetryIcon />
        </button>
      )}
      <button
        type="button"
        class="icon-button"
        aria-label={`Remove ${name}`}
        title="Remove"
        onClick={() => uploads.remove(upload.id)}
      >
        <CloseIcon />
      </button>
    </li>
  );
}

export function Tray(props: { readonly uploads: Uploads }) {
  const { uploads } = props;
  if (uploads.list.length === 0) return null;
  return (
    <ul class="tray" aria-label="Files of this message">
      {uploads.list.map((upload) => (
        <Card key={upload.id} upload={upload} uploads={uploads} />
      ))}
    </ul>
  );
}
