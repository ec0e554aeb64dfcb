// The entry of a worker that holds one vat.
import "./lockdown.mjs";
import { parentPort, workerData } from "node:worker_threads";
import { supervise } from "./supervise.mjs";

await supervise(parentPort, workerData.id);
