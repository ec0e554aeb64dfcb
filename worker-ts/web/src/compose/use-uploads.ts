// Holds the files of the message that is being written, for one room, and draws again when one of them moves.
import { useEffect, useMemo, useState } from "preact/hooks";
import { sayError, uploadFile } from "../api";
import { Uploads } from "./uploads";

export function useUploads(room: string, onRefused: (reason: string) => void): Uploads {
  const [, draw] = useState(0);
  const uploads = useMemo(
    () =>
      new Uploads({
        send: (file, progress, signal) => uploadFile(room, file, progress, signal),
        changed: () => draw((count) => count + 1),
        refused: onRefused,
        reasonOf: sayError,
      }),
    [room, onRefused],
  );
  useEffect(() => () => uploads.clear(), [uploads]);
  return uploads;
}
