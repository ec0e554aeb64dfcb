// The files of a message: pictures as pictures, everything else as a card to download. Their place is kept before they have come.
import type { FileInfo } from "../../../src/client";
import { filePath } from "../api";
import { plainName, sizeLabel } from "../text/file";
import { DownloadIcon, FileIcon } from "../ui/icons";
import type { MessageActions } from "./actions";

/** A picture is shown no larger than this (px). */
const WIDTH_MAX = 420;
const HEIGHT_MAX = 320;
/** Nor so narrow that it cannot be pressed. */
const SIDE_MIN = 48;

/** What the server has found to be a picture, and serves as one. */
export const isPicture = (file: FileInfo): boolean => file.width > 0 && file.height > 0;

function Picture(props: {
  readonly file: FileInfo;
  readonly path: string;
  readonly tabIndex: 0 | -1;
  readonly actions: MessageActions;
}) {
  const { file, path } = props;
  const scale = Math.min(1, WIDTH_MAX / file.width, HEIGHT_MAX / file.height);
  const name = plainName(file.name);
  return (
    <button
      type="button"
      class="picture"
      aria-label={`Picture: ${name}`}
      title={name}
      tabIndex={props.tabIndex}
      onClick={() => props.actions.view({ ...file, name, path })}
    >
      <img
        src={path}
        alt=""
        loading="lazy"
        decoding="async"
        width={Math.max(SIDE_MIN, Math.round(file.width * scale))}
        height={Math.max(SIDE_MIN, Math.round(file.height * scale))}
      />
    </button>
  );
}

export function Files(props: {
  readonly room: string;
  readonly files: readonly FileInfo[];
  readonly tabIndex: 0 | -1;
  readonly actions: MessageActions;
}) {
  const { room, files, tabIndex, actions } = props;
  if (files.length === 0) return null;
  return (
    <ul class="files" aria-label="Files">
      {files.map((file) => (
        <li key={file.id}>
          {isPicture(file) ? (
            <Picture file={file} path={filePath(room, file.id)} tabIndex={tabIndex} actions={actions} />
          ) : (
            <a class="file" href={filePath(room, file.id)} download={plainName(file.name)} tabIndex={tabIndex}>
              <FileIcon />
              <span class="file-text">
                <bdi class="file-name">{plainName(file.name)}</bdi>
                <small class="hint">{sizeLabel(file.size)}</small>
              </span>
              <DownloadIcon />
            </a>
          )}
        </li>
      ))}
    </ul>
  );
}
