// For the suite's cases of lineage: runs that are started from the body of another.
import { start } from "workflow/api";

async function noop() {
  "use step";
}

export async function bodyStartsChild() {
  "use workflow";
  await noop();
  const child = await start(spawnedChild, []);
  return child.runId;
}

export async function spawnedChild() {
  "use workflow";
  await noop();
  return "done";
}

export async function chainRoot() {
  "use workflow";
  await noop();
  const middle = await start(chainMiddle, []);
  return middle.runId;
}

export async function chainMiddle() {
  "use workflow";
  await noop();
  const leaf = await start(chainLeaf, []);
  return leaf.runId;
}

export async function chainLeaf() {
  "use workflow";
  await noop();
  return "done";
}
