// Holds one Talk for the room on screen and draws again when it changes.
import { useEffect, useState } from "preact/hooks";
import { Talk } from "./talk";

export function useTalk(room: string): Talk | undefined {
  const [talk, setTalk] = useState<Talk>();
  const [, draw] = useState(0);
  useEffect(() => {
    const opened = new Talk(room, () => draw((count) => count + 1));
    setTalk(opened);
    return () => {
      setTalk(undefined);
      void opened.close();
    };
  }, [room]);
  return talk;
}
