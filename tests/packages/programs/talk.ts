// Somebody's use of @ferrule/worker/client, the same in Node and on a page: two people talk in the room of worker.ts, one is told everything.
import { connect, type Message, RoomError, RoomView } from "@ferrule/worker/client";

export async function talk(origin: string, room: string) {
  // Each person's requests go to their own address, which is how that Worker tells people apart.
  const join = (user: string) =>
    connect({
      url: origin,
      room,
      platform: { fetch: (url, init) => fetch(url.replace("/api/", `/as/${user}/api/`), init) },
    });
  const ada = join("ada");
  const bob = join("bob");
  try {
    const opened = new Promise<void>((resolve) => {
      bob.on("state", ({ state }) => {
        if (state === "open") resolve();
      });
    });
    const heard: Message[] = [];
    const view = new RoomView();
    const both = new Promise<void>((resolve) => {
      bob.on("message", (event) => {
        view.apply(event);
        if (heard.push(event.message) === 2) resolve();
      });
    });
    await opened;
    const { seq } = await ada.send("hello").done;
    await bob.send("hi", { replyTo: seq }).done;
    await both;
    const refused = await ada.send("").done.catch((error: unknown) => (error instanceof RoomError ? error.code : "?"));
    const page = await ada.history({ limit: 2 });
    return {
      heard: heard.map(({ text, author, mine, replyTo }) => ({
        text,
        author: author.name,
        mine,
        answer: replyTo === seq,
      })),
      view: view.messages.length,
      page: page.messages.map(({ text }) => text),
      refused,
      title: bob.title,
    };
  } finally {
    await Promise.all([ada.close(), bob.close()]);
  }
}
