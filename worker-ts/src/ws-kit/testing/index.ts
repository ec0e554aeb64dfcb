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
export { contractRouter, contractWorld } from "./world";
