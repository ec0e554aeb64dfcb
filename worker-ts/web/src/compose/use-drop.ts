// Files that are dragged over the room and dropped on it.
import { useRef, useState } from "preact/hooks";

/** Whether something is being dragged in, and the handlers for the element that takes it. */
export interface Drop {
  readonly over: boolean;
  readonly handlers: {
    readonly onDragEnter: (event: DragEvent) => void;
    readonly onDragOver: (event: DragEvent) => void;
    readonly onDragLeave: (event: DragEvent) => void;
    readonly onDrop: (event: DragEvent) => void;
  };
}

const brings = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") === true;

export function useDrop(open: boolean, onFiles: (files: readonly File[]) => void): Drop {
  // Enter and leave come for every element inside too: they are counted.
  const depth = useRef(0);
  const [over, setOver] = useState(false);
  const mind = (event: DragEvent, change: number) => {
    if (!brings(event)) return;
    // Without this the browser would go away and show the file itself.
    event.preventDefault();
    depth.current = Math.max(0, depth.current + change);
    setOver(open && depth.current > 0);
  };
  return {
    over,
    handlers: {
      onDragEnter: (event) => mind(event, 1),
      onDragOver: (event) => mind(event, 0),
      onDragLeave: (event) => mind(event, -1),
      onDrop(event) {
        mind(event, -depth.current);
        if (open) onFiles([...(event.dataTransfer?.files ?? [])]);
      },
    },
  };
}
