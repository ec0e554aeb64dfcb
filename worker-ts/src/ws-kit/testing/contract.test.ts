// A46: the contract on the adapters that live in this process. The one in workerd is tests/worker/ws-kit/contract.test.ts.
import { memoryPubSub } from "@ws-kit/memory";
import { expect, it } from "vitest";
import { contractWorld, pubSubContract } from "./index";

pubSubContract("A46 @ws-kit/memory", () => contractWorld(memoryPubSub()), { it, expect });
