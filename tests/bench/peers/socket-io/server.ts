// The second peer: our room on Socket.IO 4 in a Node process of its own, in memory only, with its own way to resume (connection state
// recovery, which asks for the in-memory adapter) and its own acknowledgements. Prints its port when it listens.
import { createServer } from "node:http";
import { Server } from "socket.io";
import { Bucket, type ChatMessage, readRequest } from "../chat.ts";

const perSecond = Number(process.env["RATE_PER_SECOND"] ?? 5);
const burst = Number(process.env["RATE_BURST"] ?? 10);
/** Two minutes, as its documentation has it. */
const RECOVERY_MS = 120_000;

const http = createServer();
const io = new Server(http, {
  transports: ["websocket"],
  connectionStateRecovery: { maxDisconnectionDuration: RECOVERY_MS, skipMiddlewares: true },
});
const seen = new Map<string, { readonly seq: number; readonly ts: number }>();
const refs = new Map<string, number>();
let head = 0;

io.on("connection", (socket) => {
  const user = String(socket.handshake.query["user"] ?? socket.id);
  const ref = refs.get(user) ?? refs.size + 1;
  refs.set(user, ref);
  const bucket = new Bucket(perSecond, burst, Date.now());
  socket.join("room");
  socket.on("message", (text: string, acknowledge: (answer: object) => void) => {
    const now = Date.now();
    const request = readRequest(text);
    if (typeof request === "string" || request.type !== "message") return acknowledge({ code: "bad_request" });
    const { id, replyTo, text: words } = request;
    const retryAfterMs = bucket.spend(now);
    if (retryAfterMs > 0) return acknowledge({ code: "rate_limited", retryAfterMs });
    if (replyTo > head) return acknowledge({ code: "not_found" });
    const key = `${ref} ${id}`;
    const first = seen.get(key);
    if (first !== undefined) return acknowledge({ ...first, duplicate: true });
    head += 1;
    const at = { seq: head, ts: now };
    seen.set(key, at);
    acknowledge({ ...at, duplicate: false });
    const message: ChatMessage = { type: "message", ...at, id, sender: ref, replyTo, text: words };
    io.to("room").emit("message", message);
  });
});

http.listen(0, "127.0.0.1", () => {
  const address = http.address();
  console.log(`port ${typeof address === "object" ? address?.port : address}`);
});
