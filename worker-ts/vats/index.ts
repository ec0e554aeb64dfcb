// The sample vats, compiled in under the names of their files: a configuration names them as `bundleName`.
import { type BuildRootObject, defineVat } from "../src/kernel";
import * as counter from "./counter";
import * as escrow from "./escrow";
import * as greeter from "./greeter";
import * as mint from "./mint";
import * as purse from "./purse";

for (const [name, { buildRootObject }] of Object.entries({ counter, escrow, greeter, mint, purse }))
  defineVat(name, buildRootObject as BuildRootObject);
