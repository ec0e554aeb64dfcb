// The OpenAPI 3.1 document, made from the declared routes and the JSON Schema that zod makes of their schemas.
import * as z from "zod";
import { ERRORS, type ErrorCode } from "../errors";
import type { Route } from "./route";

type Json = Record<string, unknown>;

/** A schema as JSON Schema; `$ref` leads to one of the document's. */
export type ApiSchema = Readonly<Json>;

/** One operation of the document: what is read of it here and by the page that shows it. */
export interface ApiOperation {
  readonly operationId: string;
  readonly summary: string;
  /** The one group it is shown in. */
  readonly tags: readonly [string];
  /** Empty: nobody is asked who they are. With an empty one among them: one may be anybody. */
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters: readonly ApiParameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: ApiContent };
  /** By status. */
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: ApiContent }>>;
}

/** A part of the path, the query or the headers. */
export interface ApiParameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required: boolean;
  readonly description?: string;
  readonly schema: ApiSchema;
}

/** By content type. */
export type ApiContent = Readonly<Record<string, { readonly schema?: ApiSchema }>>;

/** The document. */
export interface ApiDocument {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, ApiOperation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, ApiSchema>>;
    readonly securitySchemes: Readonly<Record<string, Readonly<Json>>>;
  };
}

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
): ApiDocument {
  const schemas: Record<string, ApiSchema> = {};
  const paths: Record<string, Record<string, ApiOperation>> = {};
  for (const entry of routes) {
    const path = openApiPath(entry.path);
    paths[path] = { ...paths[path], [entry.method.toLowerCase()]: operation(entry, schemas) };
  }
  return {
    openapi: "3.1.0",
    info,
    servers: [{ url: server }],
    tags: [...new Set(routes.map(({ path }) => tagOf(path)))].map((name) => ({ name })),
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
        admin: { type: "http", scheme: "bearer", description: "ADMIN_TOKEN, or the session's token of an admin." },
      },
    },
  };
}

/** `/api/rooms/:id` as OpenAPI spells it: `/api/rooms/{id}`. */
export function openApiPath(path: string): string {
  return path.replaceAll(/:(\w+)/g, "{$1}");
}

/** What stands under another name than the part of its address would give it. */
const TAGS: Readonly<Record<string, string>> = {
  "openapi.json": "service",
  health: "service",
  metrics: "service",
  auth: "signing in",
  read: "messages",
  ticket: "sockets",
  socket: "sockets",
  audit: "rooms",
  export: "rooms",
};

/** The group of a route: what comes last in its address of the things that rooms, users and the service have. */
function tagOf(path: string): string {
  const [first = "", , inner] = path.split("/").filter((part) => part !== "" && part !== "api");
  const name = first === "rooms" ? (inner ?? first) : first;
  return TAGS[name] ?? name;
}

/** Codes a route may answer with: its own, and those that follow from what it asks for. */
function errorCodes(entry: Route): ErrorCode[] {
  const codes = new Set<ErrorCode>(entry.errors ?? []);
  if (entry.query || entry.body) codes.add("bad_request");
  if (entry.body || entry.bodyType !== undefined) codes.add("too_large");
  // a wrong part of the path leads to nothing
  if (entry.params) codes.add("not_found");
  if (["user", "user or admin", "admin"].includes(entry.access)) codes.add("unauthenticated");
  if (entry.access === "admin") codes.add("forbidden");
  // while a backup is put back; what admins look at, and what nobody signs in for, is answered all the same
  if (entry.method !== "GET" || !["public", "admin"].includes(entry.access)) codes.add("restoring");
  if (entry.method !== "GET") codes.add("origin_refused");
  codes.add("internal");
  return [...codes];
}

function operation(entry: Route, schemas: Record<string, ApiSchema>): ApiOperation {
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
    tags: [tagOf(entry.path)],
    security: security(entry),
    parameters: [
      ...parameters("path", entry.params, schemas, entry.path),
      ...parameters("query", entry.query, schemas),
      ...Object.entries(entry.headers ?? {}).map(([name, description]) => ({
        name,
        in: "header" as const,
        required: false,
        description,
        schema: { type: "string" },
      })),
    ],
    ...requestBody(entry, schemas),
    responses: Object.fromEntries([...answers, ...errors]),
  };
}

/** What is to be sent: JSON by its schema, or bytes of a type. */
function requestBody(
  { body, bodyType }: Route,
  schemas: Record<string, ApiSchema>,
): Pick<ApiOperation, "requestBody"> | Json {
  if (bodyType !== undefined) return { requestBody: { required: true, content: { [bodyType]: {} } } };
  if (body === undefined) return {};
  return { requestBody: { required: true, content: content(jsonSchema(body, "input", schemas)) } };
}

const SESSION = [{ bearer: [] }, { cookie: [] }];

/** Who may call, by what they show. */
function security({ access }: Route): ApiOperation["security"] {
  if (access === "public") return [];
  if (access === "admin") return [{ admin: [] }, { cookie: [] }];
  if (access === "user or admin") return [...SESSION, { admin: [] }];
  return access === "anyone" ? [{}, ...SESSION] : SESSION;
}

function operationId(entry: Route): string {
  const words = entry.path.split(/[^A-Za-z0-9]+/).filter((word) => word !== "" && word !== "api");
  return [entry.method.toLowerCase(), ...words]
    .map((word, i) => (i ? word[0]!.toUpperCase() + word.slice(1) : word))
    .join("");
}

function describeStatus(status: number): string {
  const told = { 101: "the socket is open", 201: "it is made", 202: "it is taken and will be done", 204: "it is done" };
  return told[status as keyof typeof told] ?? "it went well";
}

function content(schema: ApiSchema, type = "application/json"): ApiContent {
  return { [type]: { schema } };
}

/** An object schema as a list of parameters; variable parts of a path stand there even when nothing describes them. */
function parameters(
  place: "path" | "query",
  schema: z.ZodType | undefined,
  schemas: Record<string, ApiSchema>,
  path = "",
): ApiParameter[] {
  const described: ApiSchema = schema ? jsonSchema(schema, "input", schemas) : {};
  const properties = (described["properties"] ?? {}) as Record<string, ApiSchema>;
  const needed = (described["required"] ?? []) as string[];
  const names = new Set([...[...path.matchAll(/:(\w+)/g)].map((match) => match[1]!), ...Object.keys(properties)]);
  return [...names].map((name) => {
    const { description, ...schema } = properties[name] ?? { type: "string" };
    const required = place === "path" || needed.includes(name);
    return { name, in: place, required, ...(typeof description === "string" && { description }), schema };
  });
}

/** A schema as JSON Schema; the named ones (`.meta({id})`) go to `schemas` and are pointed at. */
function jsonSchema(schema: z.ZodType, io: "input" | "output", schemas: Record<string, ApiSchema>): ApiSchema {
  const text = JSON.stringify(z.toJSONSchema(schema, { io, unrepresentable: "any" }));
  const { $schema: _, $defs, id, ...rest } = JSON.parse(text.replaceAll("#/$defs/", "#/components/schemas/")) as Json;
  for (const [name, part] of Object.entries(($defs ?? {}) as Record<string, Json>)) {
    const { id: __, ...definition } = part;
    addShape(schemas, name, definition);
  }
  if (typeof id !== "string") return rest;
  addShape(schemas, id, rest);
  return { $ref: `#/components/schemas/${id}` };
}

/** Two that share a name would each be described by the other. */
function addShape(schemas: Record<string, ApiSchema>, name: string, shape: ApiSchema): void {
  const known = schemas[name];
  if (known !== undefined && JSON.stringify(known) !== JSON.stringify(shape))
    throw new Error(`two shapes are called ${name}`);
  schemas[name] = shape;
}
