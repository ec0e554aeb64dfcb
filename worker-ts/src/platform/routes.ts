// The routes of no subsystem: health and the OpenAPI document.
import * as z from "zod";
import { openApiDocument } from "./api/openapi";
import { originOf } from "./api/origin";
import { type Route, route } from "./api/route";

/** What app.ts knows and these routes tell. */
export interface PlatformFacts {
  /** Version of the Worker. */
  readonly version: string;
  /** Version of the Rust core that answers. */
  readonly core: () => string;
  /** Every route that is mounted, these two included. */
  readonly routes: () => readonly Route[];
}

/** `GET /api/health` and `GET /openapi.json`. */
export function platformRoutes(facts: PlatformFacts): Route[] {
  return [
    route(
      {
        method: "GET",
        path: "/api/health",
        summary: "Whether the Worker and its core run; touches no storage.",
        access: "public",
        answers: {
          200: z.object({ ok: z.literal(true), version: z.string(), core: z.string() }).meta({ id: "Health" }),
        },
      },
      async () => ({ status: 200, body: { ok: true, version: facts.version, core: facts.core() } }),
    ),
    route(
      {
        method: "GET",
        path: "/openapi.json",
        summary: "This document.",
        access: "public",
        answers: { 200: z.record(z.string(), z.unknown()) },
      },
      async ({ request }) => {
        const info = { title: "Ferrule", version: facts.version };
        return { status: 200, body: { ...openApiDocument(facts.routes(), info, originOf(request)) } };
      },
    ),
  ];
}
