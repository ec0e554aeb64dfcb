// What a room tells the rest of the page: its name in the tab, that somebody must sign in, that the list of rooms is another one; and
// whose pictures are known in it.
import { useEffect, useMemo, useState } from "preact/hooks";
import { type Account, getRoom, type Member, type RoomInfo } from "../api";
import { tell } from "../layer/toast";
import { after } from "../platform";
import type { Talk } from "../talk/talk";
import type { Problem } from "../talk/writer";
import { endsRoom } from "./no-room";

/** How long (ms) the list of rooms may take to have the room that was just entered. */
const UNLISTED_MS = 2_000;

export interface TidingsPorts {
  readonly onSignedOut: () => void;
  readonly onChanged: () => void;
}

export function useTidings(talk: Talk | undefined, title: string, fresh: number, ports: TidingsPorts): void {
  const { onSignedOut, onChanged } = ports;
  const code = talk?.error?.code;
  const state = talk?.state ?? "connecting";
  useEffect(() => {
    document.title = `${fresh > 0 ? `(${fresh}) ` : ""}${title} · Ferrule`;
  }, [fresh, title]);
  useEffect(() => {
    if (code === "unauthenticated") onSignedOut();
  }, [code, onSignedOut]);
  useEffect(() => {
    if (state === "open" || endsRoom(code)) onChanged();
  }, [state, code, talk?.title, talk?.closed, talk?.role, onChanged]);
}

/** What is known of the room: from the list, or asked for when the list is too long to have it. */
export function useInfo(room: string, rooms: readonly RoomInfo[], open: boolean): RoomInfo | undefined {
  const [asked, setAsked] = useState<RoomInfo>();
  const listed = rooms.find(({ id }) => id === room);
  const missing = open && listed === undefined;
  useEffect(() => {
    // The list comes by itself; who is not on it by then is asked for.
    if (missing) return after(UNLISTED_MS, () => void getRoom(room).then(setAsked, () => undefined));
  }, [room, missing]);
  return listed ?? asked;
}

/** Pictures of the members of the room, and one's own. */
export function usePictures(account: Account, members: readonly Member[] | undefined): ReadonlyMap<string, string> {
  return useMemo(() => {
    const pictures = new Map<string, string>();
    for (const { id, avatar } of [...(members ?? []), account]) if (avatar !== null) pictures.set(id, avatar);
    return pictures;
  }, [account, members]);
}

/** What is told when the room refuses a change for good. */
const REFUSED: Readonly<Record<string, string>> = {
  edit: "Your change was not saved",
  delete: "The message was not deleted",
};
const REASONS: Readonly<Record<string, string>> = {
  forbidden: "the room does not allow it (any more)",
  not_found: "the message is not there any more",
  too_large: "that is too much",
};

/** `again`: what was meant to stand there is to be written again. */
export function tellRefusal({ entry, error }: Problem, again: () => void): void {
  const what = REFUSED[entry.kind] ?? "Your reaction was not taken";
  const action =
    entry.kind === "edit" && error.code !== "not_found" ? { label: "Write it again", run: again } : undefined;
  tell(`${what}: ${REASONS[error.code] ?? error.message}.`, { bad: true, action });
}
