// Topics of one object as ws-kit's PubSubAdapter. It has start(), which tells the pubsub plugin that delivery is ours: one JSON.stringify
// and one synchronous loop over the sockets.
import type { ConnectionData, PublishEnvelope, PublishOptions, PublishResult, PubSubAdapter } from "@ws-kit/core";
import { type Connection, type Connections, isOpen } from "../connections/connections";
import { type DurableScoping, type DurableStateLike, type Report, WsKitDurableError } from "../platform";

/** What an object lends to its pubsub. */
export interface PubSubHome {
  readonly state: DurableStateLike;
  readonly connections: Connections<ConnectionData>;
  readonly topicsPerConnectionMax: number;
  readonly topicCharsMax: number;
  readonly report: Report;
}

/** A frame as it went to the sockets, for those of other objects. */
export interface PublishedFrame {
  readonly topic: string;
  readonly frame: string;
  readonly excludeClientId?: string | undefined;
}

/**
 * The adapter for `withPubSub({ adapter })`. A handler makes one for its factory (`scope.pubsub`). Made by hand, it belongs to the first
 * handler that gets it as `options.pubsub`; with `scoping` to as many as there are objects.
 *
 * Every method throws `PUBSUB_UNATTACHED` before a handler has it.
 */
export class DurablePubSub implements PubSubAdapter {
  readonly #scoping: DurableScoping | undefined;
  readonly #homes = new WeakMap<DurableStateLike, PubSubHome>();
  #onlyHome: PubSubHome | undefined;
  /** What {@link capture} waits for, by the signal that its publish carries. */
  readonly #captured = new WeakMap<AbortSignal, PublishedFrame | undefined>();

  constructor(options: { scoping?: DurableScoping | undefined } = {}) {
    this.#scoping = options.scoping;
  }

  /**
   * For handlers. An object that was evicted comes back with a new state and the same id, and takes its old place.
   * @throws WsKitDurableError `ROUTER_SHARED` for a second object without `scoping`.
   */
  attach(home: PubSubHome): void {
    if (this.#scoping) this.#homes.set(home.state, home);
    else if (this.#onlyHome && !this.#onlyHome.state.id.equals(home.state.id))
      throw new WsKitDurableError("ROUTER_SHARED", "one DurablePubSub serves two Durable Objects without `scoping`");
    else this.#onlyHome = home;
  }

  /** Tells the pubsub plugin that delivery is ours. There is nothing to start: other objects' frames come by `handler.deliver`. */
  start(): () => void {
    return () => {};
  }

  async publish(envelope: PublishEnvelope, options?: PublishOptions): Promise<PublishResult> {
    let published: PublishedFrame;
    try {
      published = encodeEnvelope(envelope);
    } catch (cause) {
      return { ok: false, error: "VALIDATION", retryable: false, cause };
    }
    const matched = this.deliver(published);
    const { signal } = options ?? {};
    if (signal && this.#captured.has(signal)) this.#captured.set(signal, published);
    return { ok: true, capability: "exact", matched };
  }

  /**
   * Runs a publish with a signal that it must pass on in its options, and tells which frame it came to. The signal is how the frame is
   * known again behind a router's plugins, which may await, check and change what they are given.
   */
  async capture(
    publish: (signal: AbortSignal) => Promise<PublishResult>,
  ): Promise<{ result: PublishResult; published: PublishedFrame | undefined }> {
    const { signal } = new AbortController();
    this.#captured.set(signal, undefined);
    const result = await publish(signal);
    return { result, published: this.#captured.get(signal) };
  }

  /** Sends a frame to the topic's sockets, now. Answers how many were open and took it. */
  deliver({ topic, frame, excludeClientId }: PublishedFrame): number {
    const { connections, report } = this.#home();
    let matched = 0;
    for (const connection of connections.subscribers(topic)) {
      if (connection.id === excludeClientId || !isOpen(connection)) continue;
      try {
        connection.native.send(frame);
        matched++;
      } catch (error) {
        report(error, { phase: "deliver", clientId: connection.id });
      }
    }
    return matched;
  }

  /** @throws WsKitDurableError `LIMIT` for a topic that is too long, or one too many. */
  async subscribe(clientId: string, topic: string): Promise<void> {
    this.#change(clientId, [topic], []);
  }

  async unsubscribe(clientId: string, topic: string): Promise<void> {
    this.#change(clientId, [], [topic]);
  }

  /** All or nothing. @throws WsKitDurableError `LIMIT`, like subscribe. */
  async replace(
    clientId: string,
    topics: Iterable<string>,
  ): Promise<{ added: number; removed: number; total: number }> {
    const next = new Set(topics);
    const current = this.#home().connections.findById(clientId)?.topics ?? new Set<string>();
    return this.#change(
      clientId,
      next,
      [...current].filter((topic) => !next.has(topic)),
    );
  }

  async *getSubscribers(topic: string): AsyncIterable<string> {
    const ids = Array.from(this.#home().connections.subscribers(topic), ({ id }) => id);
    yield* ids;
  }

  async listTopics(): Promise<readonly string[]> {
    return this.#home().connections.topics();
  }

  async hasTopic(topic: string): Promise<boolean> {
    return this.#home().connections.subscribers(topic).size > 0;
  }

  /** A client who is gone is left alone: a handler may still be running when its socket closes. */
  #change(clientId: string, wanted: Iterable<string>, unwanted: Iterable<string>) {
    const home = this.#home();
    const connection = home.connections.findById(clientId);
    if (!connection) return { added: 0, removed: 0, total: 0 };
    const added = [...wanted].filter((topic) => !connection.topics.has(topic));
    const removed = [...unwanted].filter((topic) => connection.topics.has(topic));
    const total = connection.topics.size + added.length - removed.length;
    if (added.length > 0) checkLimits(home, added, total);
    if (added.length + removed.length > 0) this.#commit(home, connection, added, removed);
    return { added: added.length, removed: removed.length, total };
  }

  #commit({ connections }: PubSubHome, connection: Connection, added: string[], removed: string[]): void {
    connections.change(connection, added, removed);
    if (isOpen(connection)) connections.save(connection);
  }

  #home(): PubSubHome {
    const state = this.#scoping?.current();
    const home = this.#scoping ? state && this.#homes.get(state) : this.#onlyHome;
    if (!home)
      throw new WsKitDurableError(
        "PUBSUB_UNATTACHED",
        this.#scoping ? "used outside of an object's events" : "pass it to the handler as `pubsub`",
      );
    return home;
  }
}

function checkLimits(home: PubSubHome, added: readonly string[], total: number): void {
  if (total > home.topicsPerConnectionMax)
    throw new WsKitDurableError("LIMIT", `a connection has at most ${home.topicsPerConnectionMax} topics`);
  if (added.some((topic) => topic.length > home.topicCharsMax))
    throw new WsKitDurableError("LIMIT", `a topic has at most ${home.topicCharsMax} characters`);
}

/**
 * The text for the sockets: the topic is never in it, empty meta neither, and whom to leave out is for us alone.
 * Throws what JSON.stringify throws: for a BigInt, a circle.
 */
function encodeEnvelope({ topic, type, payload, meta }: PublishEnvelope): PublishedFrame {
  const { excludeClientId, ...wireMeta } = meta ?? {};
  const isBare = Object.keys(wireMeta).length === 0;
  // What is undefined is left out.
  const frame = JSON.stringify({ type, meta: isBare ? undefined : wireMeta, payload });
  return { topic, frame, excludeClientId: typeof excludeClientId === "string" ? excludeClientId : undefined };
}
