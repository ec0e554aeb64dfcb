// Holds one Talk for the room on screen and draws again when it changes.
import { useEffect, useRef, useState } from "preact/hooks";
import { Talk } from "./talk";
import type { Problem } from "./writer";

export function useTalk(room: string, user: string, onRefused: (problem: Problem) => void): Talk | undefined {
  const [talk, setTalk] = useState<Talk>();
  const [, draw] = useState(0);
  const refused = useRef(onRefused);
  refused.current = onRefused;
  useEffect(() => {
    const opened = new Talk(
      room,
      user,
      () => draw((count) => count + 1),
      (problem) => refused.current(problem),
    );
    setTalk(opened);
    // What was deleted a moment ago is deleted, though nobody waits for it.
    const hide = () => opened.writer.undo.flush();
    addEventListener("pagehide", hide);
    return () => {
      removeEventListener("pagehide", hide);
      setTalk(undefined);
      void opened.close();
    };
  }, [room, user]);
  return talk;
}
