// Every file of tests of ws-kit begins with empty stores: files follow one another in one workerd (see tests/worker/set-up.ts).
import { reset } from "cloudflare:test";
import { rememberResolved } from "../module-runner";

rememberResolved();
await reset();
