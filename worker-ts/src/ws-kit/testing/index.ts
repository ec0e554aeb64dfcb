// The face of @ferrule/worker/ws-kit/testing: names only. The contract for pub/sub adapters, and an object that hibernates in Node.
export {
  CONTRACT_MESSAGE,
  type ContractAdapter,
  type ContractApi,
  type ContractClient,
  type ContractPublishOptions,
  type ContractWorld,
  pubSubContract,
} from "./contract";
export type { FakeClient, FakeClose, FakeSocket } from "./fake-socket";
export { type FakeDurableOptions, FakeDurableState, type FakeObject } from "./fake-state";
export type { FakeStorage } from "./fake-storage";
export { type ContractRouter, contractRouter, contractWorld } from "./world";
