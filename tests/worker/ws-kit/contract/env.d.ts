// The binding of contract.test.ts.
declare namespace Cloudflare {
  interface Env {
    WSKIT_CONTRACT: DurableObjectNamespace<import("./room.ts").ContractRoom>;
  }
}
