// One message to all shards of a topic: what `publishGlobal` and `deliver` of a handler stand on. Knows stubs and timers; the tree of calls
// is relay.ts. Local delivery is handed in: nothing of sockets is known here.
import type { PublishResult } from "@ws-kit/core";
import { type DurableNamespaceLike, type Runtime, WsKitDurableError } from "../platform";
import { within } from "./attempt";
import {
  BUDGET_MAX_MS,
  checkRelayAnswer,
  checkRelayMessage,
  checkTree,
  Dedupe,
  FANOUT_DEFAULT,
  isFrame,
  isShardName,
  isTopic,
  type RelayAnswer,
  type RelayLimits,
  type RelayMessage,
  relay,
} from "./relay";
import { stubByName } from "./target";

/** Options of `publishGlobal`. */
export interface GlobalOptions {
  /** Names of the objects that have the topic, or how to find them. The sender itself may be among them. Names twice count once. */
  shards: readonly string[] | ((topic: string) => readonly string[]);
  /** Objects that one object calls at a time, 1 to 256. Default 32: up to 32 shards are called directly, more by a tree. */
  fanout?: number;
  /** What the whole delivery may take, in ms, up to 300,000. Default 5,000. */
  timeoutMs?: number;
  /** Aborted: nobody further is called, and who was not reached is in `failed`. */
  signal?: AbortSignal;
}

/**
 * What became of a global publish. `shards` counts the names, each once; `failed` names those that may not have the message (one whose answer
 * was lost may have it). `capability` is `"exact"` where nothing failed, else `"estimate"` and `matched` a lower bound.
 */
export type GlobalResult = PublishResult & { id: string; shards: number; failed: string[] };

/** The method that objects call on each other. `defineDurableRoom` has it; other classes hand it to `handler.deliver`. */
export interface RelayStub {
  wskitDeliver(message: RelayMessage): Promise<RelayAnswer>;
}

/** What a federation needs of its object. */
export interface FederationPorts {
  /** Absent: `publish` throws `NO_NAMESPACE` as soon as another object is to be called. */
  readonly namespace: DurableNamespaceLike<RelayStub> | undefined;
  /** This object's own name, where known: it is not called by RPC. */
  readonly name: string | undefined;
  readonly runtime: Pick<Runtime, "now" | "startTimer" | "randomId">;
  readonly limits?: RelayLimits;
  /** Sends the frame to this object's sockets at once and counts them. */
  deliver(message: Pick<RelayMessage, "topic" | "frame" | "excludeClientId">): number | Promise<number>;
}

/** What local delivery came to. Without a `frame` (the message was refused) no other object is called. */
export interface LocalDelivery {
  readonly result: PublishResult;
  readonly frame?: string | undefined;
  readonly excludeClientId?: string | undefined;
}

/** A message but for what each receiver is told of its own. */
type Letter = Omit<RelayMessage, "relay" | "depth" | "budgetMs">;

/** Built anew at every hop: what a peer's message has beside these is not handed on. */
function letter(of: Omit<Letter, "v" | "excludeClientId"> & Pick<LocalDelivery, "excludeClientId">): Letter {
  const { id, topic, frame, fanout, excludeClientId } = of;
  return { v: 1, id, topic, frame, fanout, ...(excludeClientId === undefined ? {} : { excludeClientId }) };
}

const noNamespace = () => new WsKitDurableError("NO_NAMESPACE", "the handler's option `namespace` is missing");

function refusalOf(topic: string, frame: string, limits: RelayLimits): "VALIDATION" | "PAYLOAD_TOO_LARGE" | undefined {
  if (!isTopic(topic, limits)) return "VALIDATION";
  return isFrame(frame, limits) ? undefined : "PAYLOAD_TOO_LARGE";
}

/** One object's part in the federation. Lives as long as its handler. */
export class Federation {
  readonly #delivered = new Dedupe();
  readonly #peers: Peers;

  constructor(private readonly ports: FederationPorts) {
    this.#peers = new Peers(ports.namespace);
  }

  /**
   * Runs `local`, which delivers to this object's sockets, and sends the frame that it gives to all other shards. A shard that fails is in
   * `failed`; nothing is thrown for it. A frame or topic over its limit goes to none of them: `ok` is false.
   * @throws WsKitDurableError `NO_NAMESPACE`; `LIMIT` for more shards than a tree holds. Both before `local` runs.
   * @throws RangeError for a `fanout` or `timeoutMs` that is none; likewise.
   */
  async publish(topic: string, options: GlobalOptions, local: () => Promise<LocalDelivery>): Promise<GlobalResult> {
    const { fanout = FANOUT_DEFAULT, timeoutMs = 5_000, signal } = options;
    const { name: ownName, namespace, runtime, limits = {} } = this.ports;
    if (!(timeoutMs > 0 && timeoutMs <= BUDGET_MAX_MS))
      throw new RangeError(`timeoutMs must be above 0 and up to ${BUDGET_MAX_MS}`);
    const names = [...new Set(typeof options.shards === "function" ? options.shards(topic) : options.shards)];
    const others = names.filter((name) => name !== ownName);
    if (others.length > 0 && !namespace) throw noNamespace();
    const reachable = others.filter(isShardName);
    checkTree(reachable.length, fanout);
    const id = runtime.randomId();
    const about = { id, shards: names.length };
    const { result, frame, excludeClientId } = await local();
    if (!result.ok || frame === undefined) return { ...result, ...about, failed: others };
    const refusal = others.length > 0 && refusalOf(topic, frame, limits);
    if (refusal) return { ok: false, error: refusal, retryable: false, ...about, failed: others };
    // Should we be called ourselves (by a name that we do not know as ours): we have it, and it is counted already.
    void this.#delivered.run(id, () => 0);
    const answer = await this.#spread(
      letter({ id, topic, frame, fanout, excludeClientId }),
      reachable,
      0,
      timeoutMs,
      signal,
    );
    const failed = [...others.filter((name) => !isShardName(name)), ...answer.failed];
    const capability = failed.length === 0 ? result.capability : "estimate";
    return { ok: true, capability, matched: (result.matched ?? 0) + answer.matched, ...about, failed };
  }

  /**
   * The body of the RPC method `wskitDeliver`: delivers here, hands on to the names it was given, and answers for all of them.
   * @throws WsKitDurableError `RELAY_INVALID`, `RELAY_TOO_DEEP`
   */
  async deliver(value: unknown): Promise<RelayAnswer> {
    const message = checkRelayMessage(value, this.ports.limits);
    // Both start now: what follows on the same way must not overtake.
    const own = this.#delivered.run(message.id, () => this.ports.deliver(message));
    const below = this.#spread(letter(message), message.relay, message.depth, message.budgetMs);
    const [matched, answer] = await Promise.all([own, below]);
    return { matched: matched + answer.matched, failed: answer.failed };
  }

  #spread(
    message: Letter,
    targets: readonly string[],
    depth: number,
    budgetMs: number,
    signal?: AbortSignal,
  ): Promise<RelayAnswer> {
    const { runtime } = this.ports;
    return relay(targets, depth, {
      fanout: message.fanout,
      budgetMs,
      signal,
      now: () => runtime.now(),
      call: (head, rest, below, callMs) =>
        within(runtime, callMs, signal, async () => {
          const call: RelayMessage = { ...message, relay: rest, depth: below, budgetMs: callMs };
          return checkRelayAnswer(await this.#peers.deliver(head, call), rest);
        }),
    });
  }
}

/** A stub, and how many of its calls are under way. */
interface Peer {
  readonly stub: RelayStub;
  calls: number;
}

/**
 * Stubs by name. One stub a name, because calls keep their order on one stub only; a stub that failed is dropped, because it stays dead when
 * its object was reset.
 */
class Peers {
  readonly #peers = new Map<string, Peer>();

  constructor(
    private readonly namespace: DurableNamespaceLike<RelayStub> | undefined,
    private readonly entriesMax = 1_024,
  ) {}

  async deliver(name: string, message: RelayMessage): Promise<unknown> {
    const peer = this.#provide(name);
    peer.calls++;
    try {
      return await peer.stub.wskitDeliver(message);
    } catch (error) {
      if (this.#peers.get(name) === peer) this.#peers.delete(name);
      throw error;
    } finally {
      peer.calls--;
    }
  }

  #provide(name: string): Peer {
    const known = this.#peers.get(name);
    if (known) return known;
    if (!this.namespace) throw noNamespace();
    const peer = { stub: stubByName(this.namespace, name), calls: 0 };
    if (this.#peers.size >= this.entriesMax) this.#forgetIdle();
    this.#peers.set(name, peer);
    return peer;
  }

  /** A call that is under way could be overtaken on a second stub. */
  #forgetIdle(): void {
    for (const [name, { calls }] of this.#peers) if (calls === 0) this.#peers.delete(name);
  }
}
