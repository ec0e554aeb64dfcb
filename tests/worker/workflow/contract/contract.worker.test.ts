// The contract of the World's storage, rule by rule, run over the storage on D1 and over the one in memory alike.
import { d1Subject } from "./d1.ts";
import { describeHooks } from "./events-hook.ts";
import { describeRuns } from "./events-run.ts";
import { describeSteps } from "./events-step.ts";
import { describeLists } from "./lists.ts";
import { memorySubject } from "./memory.ts";

for (const subject of [d1Subject(), memorySubject()]) {
  describeRuns(subject);
  describeSteps(subject);
  describeHooks(subject);
  describeLists(subject);
}
