// What the tests of security share: every route with the call that it answers well, and what came of calls.
import { env } from "cloudflare:workers";
import { routes } from "../../../worker-ts/src/app";
import { openApiPath } from "../../../worker-ts/src/platform/api/openapi";
import { makeWorld, SAMPLES, type Sample, type World } from "../api-samples";
import { type Answer, type CallOptions, call } from "../support/http-client";

export type Declared = (typeof routes)[number];

/** A route and a call of it that goes well. */
export interface Asked {
  /** `METHOD /path/{part}`. */
  readonly name: string;
  readonly route: Declared;
  readonly method: string;
  readonly path: string;
  readonly sample: Sample;
}

/** Every route of the document in a world of its own, asked well. A new route is tested as soon as it has its sample. */
export async function everyRoute(which: (route: Declared) => boolean = () => true): Promise<[World, Asked[]]> {
  const world = await makeWorld();
  const asked: Asked[] = [];
  for (const route of routes.filter(which)) {
    const name = `${route.method} ${openApiPath(route.path)}`;
    const { path = route.path, ...sample } = await SAMPLES[name]!(world);
    asked.push({ name, route, method: route.method, path, sample });
  }
  await endRestore();
  return [world, asked];
}

/** Ends a restore that some call has begun: while one is under way every refusal tells of it, and of nothing else. */
export async function endRestore(): Promise<void> {
  await env.DB.prepare("DELETE FROM backup_run WHERE kind = 'restore'").run();
}

/** Asks as the sample says, with changes; of a restore that a call before has begun only the restore's own routes know. */
export async function ask({ method, path, sample }: Asked, changes: CallOptions = {}): Promise<Answer> {
  if (!path.startsWith("/api/admin/restores/")) await endRestore();
  const headers = { ...sample.headers, ...changes.headers };
  return call(method, path, { ...sample, ...changes, headers });
}

/** Closes the socket of an answer that has one. */
export function hangUp({ webSocket }: Answer): void {
  webSocket?.accept();
  webSocket?.close(1000);
}

/** Everything that an answer says, headers too, but for what is each answer's own. */
export function said({ status, headers, bytes }: Answer): string {
  const shown = [...headers].filter(([name]) => name !== "x-request-id");
  const text = new TextDecoder().decode(bytes).replace(/"requestId":"[\w-]+"/, '"requestId":""');
  return JSON.stringify([status, shown, text]);
}
