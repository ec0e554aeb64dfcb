// The OpenAPI 3.1 document, made from the declared routes and the JSON Schema that zod makes of their schemas.
import * as z from "zod";
import { ERRORS, type ErrorCode } from "../errors";
import type { Route } from "./route";

type Json = Record<string, unknown>;

const errorSchema = z
  .object({
    error: z.object({
      code: z.enum(Object.keys(ERRORS) as ErrorCode[]),
      message: z.string(),
      retryAfterMs: z.int().nonnegative().optional(),
      field: z.string().optional(),
      requestId: z.string(),
    }),
  })
  .meta({ id: "Error", description: "Every refusal, whatever refuses." });

/** The document for these routes. `server` is the origin it was asked from. */
export function openApiDocument(
  routes: readonly Route[],
  info: { title: string; version: string },
  server: string,
): Json {
  const schemas: Json = {};
  const paths: Record<string, Json> = {};
  for (const entry of routes) {
    const path = openApiPath(entry.path);
    paths[path] = { ...paths[path], [entry.method.toLowerCase()]: operation(entry, schemas) };
  }
  return {
    openapi: "3.1.0",
    info,
    servers: [{ url: server }],
    paths,
    components: {
      schemas,
      securitySchemes: {
        bearer: {
          type: "http",
          scheme: "bearer",
          description: "The session's token, as sign-in gives it in `set-auth-token`.",
        },
        cookie: { type: "apiKey", in: "cookie", name: "better-auth.session_token" },
      },
    },
  };
}

/** `/api/rooms/:id` as OpenAPI spells it: `/api/rooms/{id}`. */
export function openApiPath(path: string): string {
  return path.replaceAll(/:(\w+)/g, "{$1}");
}

/** Codes a route may answer with: its own, and those that follow from what it asks for. */
function errorCodes(entry: Route): ErrorCode[] {
  const codes = new Set<ErrorCode>(entry.errors ?? []);
  if (entry.query || entry.body) codes.add("bad_request");
  if (entry.body) codes.add("too_large");
  if (entry.access === "user" || entry.access === "admin") codes.add("unauthenticated");
  if (entry.access === "admin") codes.add("forbidden");
  if (entry.method !== "GET") codes.add("origin_refused");
  codes.add("internal");
  return [...codes];
}

function operation(entry: Route, schemas: Json): Json {
  const answers = Object.entries(entry.answers).map(([status, schema]) => [
    status,
    {
      description: describeStatus(Number(status)),
      ...(schema && { content: content(jsonSchema(schema, "output", schemas), entry.contentType) }),
    },
  ]);
  const codes = errorCodes(entry);
  const errors = [...new Set(codes.map((code) => ERRORS[code]))].map((status) => [
    String(status),
    {
      description: codes.filter((code) => ERRORS[code] === status).join(", "),
      content: content(jsonSchema(errorSchema, "output", schemas)),
    },
  ]);
  return {
    summary: entry.summary,
    operationId: operationId(entry),
    ...(entry.access === "public" ? { security: [] } : { security: security(entry) }),
    parameters: [
      ...parameters("path", entry.params, schemas, entry.path),
      ...parameters("query", entry.query, schemas),
      ...Object.entries(entry.headers ?? {}).map(([name, description]) => ({
        name,
        in: "header",
        required: false,
        description,
        schema: { type: "string" },
      })),
    ],
    ...(entry.body && { requestBody: { required: true, content: content(jsonSchema(entry.body, "input", schemas)) } }),
    responses: Object.fromEntries([...answers, ...errors]),
  };
}

function security(entry: Route): Json[] {
  const known = [{ bearer: [] }, { cookie: [] }];
  return entry.access === "anyone" ? [{}, ...known] : known;
}

function operationId(entry: Route): string {
  const words = entry.path.split(/[^A-Za-z0-9]+/).filter((word) => word !== "" && word !== "api");
  return [entry.method.toLowerCase(), ...words]
    .map((word, i) => (i ? word[0]!.toUpperCase() + word.slice(1) : word))
    .join("");
}

function describeStatus(status: number): string {
  return { 101: "The socket is open.", 201: "Made.", 204: "Done." }[status] ?? "The answer.";
}

function content(schema: Json, type = "application/json"): Json {
  return { [type]: { schema } };
}

/** An object schema as a list of parameters; variable parts of a path stand there even when nothing describes them. */
function parameters(place: "path" | "query", schema: z.ZodType | undefined, schemas: Json, path = ""): Json[] {
  const described = schema ? jsonSchema(schema, "input", schemas) : {};
  const properties = (described["properties"] ?? {}) as Record<string, Json>;
  const needed = (described["required"] ?? []) as string[];
  const names = new Set([...[...path.matchAll(/:(\w+)/g)].map((match) => match[1]!), ...Object.keys(properties)]);
  return [...names].map((name) => ({
    name,
    in: place,
    required: place === "path" || needed.includes(name),
    schema: properties[name] ?? { type: "string" },
  }));
}

/** A schema as JSON Schema; the named ones (`.meta({id})`) go to `schemas` and are pointed at. */
function jsonSchema(schema: z.ZodType, io: "input" | "output", schemas: Json): Json {
  const text = JSON.stringify(z.toJSONSchema(schema, { io, unrepresentable: "any" }));
  const { $schema: _, $defs, id, ...rest } = JSON.parse(text.replaceAll("#/$defs/", "#/components/schemas/")) as Json;
  for (const [name, part] of Object.entries(($defs ?? {}) as Record<string, Json>)) {
    const { id: __, ...definition } = part;
    schemas[name] = definition;
  }
  if (typeof id !== "string") return rest;
  schemas[id] = rest;
  return { $ref: `#/components/schemas/${id}` };
}
