// The suite in Node, on memory.
import { makeMemoryDisk, makeMemoryKernelStore } from "../../store/memory";
import { lifeSuite, messageSuite, type Place } from "./suite";

const memory: Place = (body) => {
  const disk = makeMemoryDisk();
  return body(() => makeMemoryKernelStore({ disk }));
};

messageSuite("memory", memory);
lifeSuite("memory", memory);
