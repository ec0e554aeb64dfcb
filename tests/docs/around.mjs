// Runs one block of the documentation in Node: `node around.mjs FILE`. It has what tests/docs/ambient/page.d.ts declares, made real: a
// guest in the lobby of the server at FERRULE_URL, and a page that draws nothing.
import { pathToFileURL } from "node:url";
import { connect, RoomView } from "@ferrule/worker/client";

const url = process.env.FERRULE_URL;
const json = { "content-type": "application/json" };
const signedIn = await fetch(`${url}/api/auth/sign-in/anonymous`, { method: "POST", headers: json, body: "{}" });
const bearer = signedIn.headers.get("set-auth-token");
await fetch(`${url}/api/rooms/lobby/members/self`, {
  method: "PUT",
  headers: { ...json, authorization: `Bearer ${bearer}` },
  body: '{"role":"member"}',
});
process.env.FERRULE_TOKEN = bearer;

const token = () => bearer;
const room = connect({ url, room: "lobby", token, wants: { presence: true, typing: true, receipts: true } });
const { seq } = await room.send("a message of the test").done;
const element = () => ({ textContent: "", value: "", disabled: false, hidden: false, addEventListener() {} });
const quiet = () => {};
Object.assign(globalThis, {
  url,
  bearer,
  token,
  room,
  seq,
  view: new RoomView(),
  text: "some text",
  failed: { clientId: "none" },
  report: { text: "a report", uuid: crypto.randomUUID() },
  header: element(),
  badge: element(),
  box: element(),
  retryButton: element(),
  document: element(),
  cache: new Map(),
  signIn: async () => {},
  show: quiet,
  draw: quiet,
  row: quiet,
  button: quiet,
  showGap: quiet,
  answer: async () => {},
});
process.on("unhandledRejection", (reason) => {
  console.error(reason);
  process.exit(1);
});
await import(pathToFileURL(process.argv[2]).href);
// listeners that throw do so soon; what a block waits for it has awaited itself
await room.history({ limit: 1 });
process.exit(0);
