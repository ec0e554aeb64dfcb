// The kernel's routes in this Worker, declared as every route of the house is; other Workers take `kernelRoutes` of index.ts.
import * as z from "zod";
import { ApiError, type Bindings, type Route, route } from "../platform";
import { DEMO_KERNEL } from "./demo";
import { answerRpc } from "./http/rpc";
import { KERNEL_ID } from "./limits";

const id = z.union([z.string(), z.number(), z.null()]);
const answerShape = z
  .object({
    jsonrpc: z.literal("2.0"),
    id: id.meta({ description: "The request's; null where it cannot be told." }),
    result: z.unknown().optional(),
    error: z
      .object({
        code: z.int().meta({ description: "-32700, -32600 to -32603, or -32000: the kernel refuses." }),
        message: z.string(),
        data: z
          .object({
            code: z.string().meta({ description: "Stable, as OBJECT_REVOKED." }),
            value: z.unknown().optional().meta({ description: "The reason that a vat gave, as CapData." }),
          })
          .optional(),
      })
      .optional(),
  })
  .meta({ id: "RpcAnswer", description: "An answer of JSON-RPC 2.0: a result or an error." });

const rpc = route(
  {
    method: "POST",
    path: "/api/kernel/:id/rpc",
    summary: "JSON-RPC 2.0 to a kernel, a request or a batch of up to 50. The methods stand in docs/kernel.md.",
    access: "admin",
    params: z.object({ id: z.string().regex(KERNEL_ID) }),
    bodyType: "application/json",
    headers: { "idempotency-key": "A launch, an upgrade or a message with a key of before gets the answer of before." },
    answers: { 200: z.union([answerShape, z.array(answerShape)]), 204: null },
    errors: ["bad_request"],
  },
  async ({ env, params, request }) => {
    const answer = await answerRpc(kernelStub(env, params.id), request);
    if (answer instanceof Response) return answer;
    throw new ApiError("bad_request", answer.message, { field: answer.field });
  },
);

const demo = route(
  {
    method: "GET",
    path: "/kernel/demo",
    summary: "Pings the kernel `demo` and counts the request in its database, which is D1.",
    access: "public",
    answers: {
      200: z
        .object({
          ping: z.string(),
          requestCount: z.int().positive(),
          message: z.string(),
          timestamp: z.string(),
        })
        .meta({ id: "KernelDemo" }),
    },
  },
  async ({ env }) => ({ status: 200, body: await kernelStub(env, DEMO_KERNEL).demo() }),
);

const kernelStub = (env: Bindings, name: string) => env.KERNEL.getByName(name);

/** The routes of kernels. */
export const kernelApiRoutes: readonly Route[] = [rpc, demo];
