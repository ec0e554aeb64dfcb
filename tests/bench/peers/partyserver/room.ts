// The peer of the benchmark: our room as a user of partyserver would build it. JSON text, hibernation, one INSERT per message, limits,
// an ack to the author, a broadcast to all, and what was missed re-sent as JSON.
import { type Connection, type ConnectionContext, routePartykitRequest, Server } from "partyserver";
import { type Answer, Bucket, type ChatMessage, readRequest } from "../chat";

interface Settings extends Cloudflare.Env {
  readonly RATE_PER_SECOND: string;
  readonly RATE_BURST: string;
}

/** What a connection remembers over a sleep. */
interface Member {
  readonly ref: number;
}

const answer = (value: Answer): string => JSON.stringify(value);

/** One room. The user is the query parameter `user`: signing in is not what is measured. */
export class Room extends Server<Settings> {
  static override options = { hibernate: true };
  #head = 0;
  #lastTs = 0;
  /** By connection id; a sleep fills them again. */
  readonly #buckets = new Map<string, Bucket>();

  override onStart(): void {
    this.ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
    const { sql } = this.ctx.storage;
    sql.exec(`CREATE TABLE IF NOT EXISTS message(seq INTEGER PRIMARY KEY, ts INTEGER NOT NULL, id TEXT NOT NULL,
      sender INTEGER NOT NULL, reply_to INTEGER NOT NULL, text TEXT NOT NULL, UNIQUE(sender, id))`);
    sql.exec("CREATE TABLE IF NOT EXISTS person(ref INTEGER PRIMARY KEY, user TEXT UNIQUE NOT NULL)");
    const last = sql.exec<{ seq: number; ts: number }>("SELECT seq, ts FROM message ORDER BY seq DESC LIMIT 1").next();
    if (last.done) return;
    this.#head = last.value.seq;
    this.#lastTs = last.value.ts;
  }

  override onConnect(connection: Connection<Member>, { request }: ConnectionContext): void {
    const user = new URL(request.url).searchParams.get("user") ?? connection.id;
    const { sql } = this.ctx.storage;
    sql.exec("INSERT INTO person(user) VALUES(?) ON CONFLICT DO NOTHING", user);
    const { ref } = sql.exec<{ ref: number }>("SELECT ref FROM person WHERE user = ?", user).one();
    connection.setState({ ref });
  }

  override onClose(connection: Connection): void {
    this.#buckets.delete(connection.id);
  }

  override onMessage(connection: Connection<Member>, text: string | ArrayBuffer): void {
    const member = connection.state;
    const request = typeof text === "string" ? readRequest(text) : "bad_request";
    if (member === null || typeof request === "string") {
      const code = typeof request === "string" ? request : "unknown";
      connection.send(answer({ type: "error", code, id: null, retryAfterMs: 0 }));
    } else if (request.type === "resume")
      connection.send(answer({ type: "missed", messages: this.#after(request.after) }));
    else this.#message(connection, member.ref, request);
  }

  #message(
    connection: Connection,
    sender: number,
    { id, replyTo, text }: { readonly id: string; readonly replyTo: number; readonly text: string },
  ): void {
    const now = Date.now();
    const refuse = (code: string, retryAfterMs = 0): void => {
      connection.send(answer({ type: "error", code, id, retryAfterMs }));
    };
    const wait = this.#bucket(connection.id, now).spend(now);
    if (wait > 0) {
      refuse("rate_limited", wait);
      return;
    }
    if (replyTo !== 0 && !this.#has(replyTo)) {
      refuse("not_found");
      return;
    }
    const seq = this.#head + 1;
    const ts = Math.max(now, this.#lastTs);
    const { rowsWritten } = this.ctx.storage.sql.exec(
      "INSERT INTO message VALUES(?, ?, ?, ?, ?, ?) ON CONFLICT(sender, id) DO NOTHING",
      seq,
      ts,
      id,
      sender,
      replyTo,
      text,
    );
    if (rowsWritten === 0) {
      const first = this.ctx.storage.sql
        .exec<{ seq: number; ts: number }>("SELECT seq, ts FROM message WHERE sender = ? AND id = ?", sender, id)
        .one();
      connection.send(answer({ type: "ack", id, ...first, duplicate: true }));
      return;
    }
    this.#head = seq;
    this.#lastTs = ts;
    connection.send(answer({ type: "ack", id, seq, ts, duplicate: false }));
    const message: ChatMessage = { type: "message", seq, ts, id, sender, replyTo, text };
    this.broadcast(JSON.stringify(message));
  }

  #bucket(id: string, now: number): Bucket {
    const known = this.#buckets.get(id);
    if (known !== undefined) return known;
    const bucket = new Bucket(Number(this.env.RATE_PER_SECOND), Number(this.env.RATE_BURST), now);
    this.#buckets.set(id, bucket);
    return bucket;
  }

  #has(seq: number): boolean {
    return !this.ctx.storage.sql.exec("SELECT 1 FROM message WHERE seq = ?", seq).next().done;
  }

  #after(seq: number): ChatMessage[] {
    return this.ctx.storage.sql
      .exec<Omit<ChatMessage, "type"> & Record<string, SqlStorageValue>>(
        "SELECT seq, ts, id, sender, reply_to AS replyTo, text FROM message WHERE seq > ? ORDER BY seq",
        seq,
      )
      .toArray()
      .map((row): ChatMessage => ({ type: "message", ...row }));
  }
}

export default {
  async fetch(request, env) {
    return (
      (await routePartykitRequest(request, env)) ?? new Response("there is nothing at this address", { status: 404 })
    );
  },
} satisfies ExportedHandler<Settings>;
