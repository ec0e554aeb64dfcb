// A picture by itself, as large as the window lets it be.
import { Dialog } from "../layer/dialog";
import { sizeLabel } from "../text/file";
import type { ShownPicture } from "./actions";

export function PictureView(props: { readonly picture: ShownPicture; readonly onClose: () => void }) {
  const { name, path, size, width, height } = props.picture;
  return (
    <Dialog title={name} class="wide" onClose={props.onClose}>
      <img class="whole-picture" src={path} alt={name} width={width} height={height} />
      <p class="buttons">
        <span class="hint grow">
          {width} × {height} · {sizeLabel(size)}
        </span>
        <a class="button small" href={path} target="_blank" rel="noopener noreferrer">
          Open
        </a>
        <a class="button small" href={path} download={name}>
          Download
        </a>
      </p>
    </Dialog>
  );
}
