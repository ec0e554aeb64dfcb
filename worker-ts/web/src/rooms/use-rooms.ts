// The list of rooms, looked up again when the page is looked at again.
import { useCallback, useEffect, useState } from "preact/hooks";
import { listRooms, type RoomInfo } from "../api";

export interface Rooms {
  /** undefined until the first answer. */
  readonly list: readonly RoomInfo[] | undefined;
  readonly failed: boolean;
  readonly reload: () => Promise<void>;
}

/** Own rooms first, then by newest message. */
function byUse(a: RoomInfo, b: RoomInfo): number {
  return (
    Number(b.role !== null) - Number(a.role !== null) ||
    (b.lastAt ?? 0) - (a.lastAt ?? 0) ||
    a.title.localeCompare(b.title)
  );
}

export function useRooms(): Rooms {
  const [list, setList] = useState<readonly RoomInfo[]>();
  const [failed, setFailed] = useState(false);
  const reload = useCallback(async () => {
    try {
      setList((await listRooms()).sort(byUse));
      setFailed(false);
    } catch {
      // The list that stands stays; the connection bar tells about the line.
      setFailed(true);
    }
  }, []);
  useEffect(() => {
    const look = () => {
      if (document.visibilityState === "visible") void reload();
    };
    look();
    document.addEventListener("visibilitychange", look);
    addEventListener("online", look);
    return () => {
      document.removeEventListener("visibilitychange", look);
      removeEventListener("online", look);
    };
  }, [reload]);
  return { list, failed, reload };
}
