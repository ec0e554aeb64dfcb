// What the text box is about: a new message, an answer, or a change of an own one; and what happens when that is sent.
import type { RefObject } from "preact";
import { useCallback, useState } from "preact/hooks";
import { type About, NEW } from "../compose/about";
import type { Uploads } from "../compose/uploads";
import { mayEdit, type Rights } from "../message/rights";
import { now } from "../platform";
import type { Talk } from "../talk/talk";
import type { ShownMessage } from "../talk/underway";
import { onlyNames } from "../text/file";

export interface Writing {
  readonly about: About;
  readonly reply: (message: ShownMessage) => void;
  /** `text`: what was meant to stand there, where that was refused. */
  readonly edit: (message: ShownMessage, text?: string) => void;
  readonly editLast: () => void;
  readonly cancel: () => void;
  readonly send: (text: string) => void;
}

export function useAbout(
  talk: Talk | undefined,
  rights: Rights,
  uploads: Uploads,
  field: RefObject<HTMLTextAreaElement | null>,
): Writing {
  const [about, setAbout] = useState<About>(NEW);
  const begin = useCallback(
    (next: About) => {
      setAbout(next);
      field.current?.focus();
    },
    [field],
  );
  const reply = useCallback((message: ShownMessage) => begin({ kind: "reply", message }), [begin]);
  const edit = useCallback(
    (message: ShownMessage, text?: string) => {
      const own = onlyNames(message.text, message.files) ? "" : message.text;
      begin({ kind: "edit", message, text: text ?? own });
    },
    [begin],
  );
  const send = (text: string) => {
    if (about.kind === "edit") {
      if (text !== about.message.text) talk?.writer.edit(about.message.seq, text);
    } else {
      talk?.writer.send(text, about.kind === "reply" ? about.message.seq : null, uploads.infos);
      uploads.clear();
    }
    setAbout(NEW);
  };
  return {
    about,
    reply,
    edit,
    send,
    editLast() {
      const last = talk?.messages.findLast((message) => mayEdit(message, rights, now()));
      if (last !== undefined) edit(last);
    },
    cancel: () => setAbout(NEW),
  };
}
