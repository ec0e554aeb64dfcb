// The list of rooms and what is unread in them, looked up again now and then while the page is looked at.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { listOwnRooms, listRooms, type RoomInfo } from "../api";
import { every } from "../platform";
import { byUse, type Marks, mergeRooms, withMarks } from "./list";

/** How often a visible page asks what is unread in its own rooms. */
const LOOK_MS = 20_000;

export interface Rooms {
  /** undefined until the first answer. */
  readonly list: readonly RoomInfo[] | undefined;
  readonly failed: boolean;
  readonly reload: () => Promise<void>;
  /** All of a room has been seen, up to a message of this time (ms). */
  readonly markRead: (room: string, ts: number) => void;
}

export function useRooms(): Rooms {
  const [list, setList] = useState<readonly RoomInfo[]>();
  const [marks, setMarks] = useState<Marks>(new Map());
  const [failed, setFailed] = useState(false);
  const asking = useRef(false);

  /** One question at a time: whoever asks meanwhile is answered by the one under way. */
  const ask = useCallback(async (question: () => Promise<(old: readonly RoomInfo[]) => readonly RoomInfo[]>) => {
    if (asking.current) return;
    asking.current = true;
    try {
      const apply = await question();
      setList((old) => [...apply(old ?? [])].sort(byUse));
      setFailed(false);
    } catch {
      // The list that stands stays; the connection bar tells about the line.
      setFailed(true);
    } finally {
      asking.current = false;
    }
  }, []);
  const reload = useCallback(
    () =>
      ask(async () => {
        const rooms = await listRooms();
        return () => rooms;
      }),
    [ask],
  );
  const refresh = useCallback(
    () =>
      ask(async () => {
        const own = await listOwnRooms();
        return (old) => mergeRooms(old, own);
      }),
    [ask],
  );
  const markRead = useCallback((room: string, ts: number) => setMarks((old) => new Map(old).set(room, ts)), []);

  useEffect(() => {
    const seen = (look: () => Promise<void>) => () => {
      if (document.visibilityState === "visible") void look();
    };
    const again = seen(reload);
    again();
    document.addEventListener("visibilitychange", again);
    addEventListener("online", again);
    const stop = every(LOOK_MS, seen(refresh));
    return () => {
      stop();
      document.removeEventListener("visibilitychange", again);
      removeEventListener("online", again);
    };
  }, [reload, refresh]);
  return { list: list && withMarks(list, marks), failed, reload, markRead };
}
