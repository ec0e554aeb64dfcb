// The binding of the shards in federation.test.ts.
declare namespace Cloudflare {
  interface Env {
    WSKIT_SHARD: DurableObjectNamespace<import("./shard.ts").FederationShard>;
  }
}
