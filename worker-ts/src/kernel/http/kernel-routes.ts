// The kernel's HTTP for other Workers: one function from a request to an answer. This house mounts routes.ts instead.
import { DEMO_KERNEL, type DemoAnswer } from "../demo";
import { KERNEL_ID } from "../limits";
import { answerRpc, type KernelStub } from "./rpc";

/** What the Durable Object offers to HTTP. */
interface KernelObjectStub extends KernelStub {
  demo(): Promise<DemoAnswer>;
}

/** What kernelRoutes needs. */
export interface KernelRoutesOptions {
  /** The binding of the kernels' Durable Object. */
  readonly namespace: { getByName(name: string): KernelObjectStub };
  /**
   * Whoever calls a kernel holds every capability in it. Answers true for an admin; a Response refuses with it, and anything else with
   * 403. What it throws is thrown on.
   */
  readonly requireAdmin: (request: Request) => unknown;
  /** Whether `GET /kernel/demo` is there, for anybody; it writes to D1 each time. Off unless it is true. */
  readonly demo?: boolean;
}

/** The HTTP of kernels, `POST /api/kernel/:id/rpc` and `GET /kernel/demo`; null for every other address. */
export function kernelRoutes(options: KernelRoutesOptions): (request: Request) => Promise<Response | null> {
  const { namespace, requireAdmin, demo = false } = options;
  return async (request) => {
    const { pathname } = new URL(request.url);
    if (demo && pathname === "/kernel/demo") {
      if (request.method !== "GET") return notAllowed("GET");
      return Response.json(await namespace.getByName(DEMO_KERNEL).demo(), { headers: NO_STORE });
    }
    const [, id] = /^\/api\/kernel\/([^/]*)\/rpc$/.exec(pathname) ?? [];
    if (id === undefined || !KERNEL_ID.test(id)) return null;
    if (request.method !== "POST") return notAllowed("POST");
    const admin = await requireAdmin(request);
    if (admin instanceof Response) return admin;
    if (admin !== true) return refuse(403, "forbidden", "this is for admins");
    const answer = await answerRpc(namespace.getByName(id), request);
    return answer instanceof Response ? withHeaders(answer) : refuse(400, "bad_request", answer.message);
  };
}

const NO_STORE = { "cache-control": "no-store", "x-content-type-options": "nosniff" };

function withHeaders(answer: Response): Response {
  for (const [name, value] of Object.entries(NO_STORE)) answer.headers.set(name, value);
  return answer;
}

const notAllowed = (allow: string) => refuse(405, "method_not_allowed", "this address has other methods", { allow });

function refuse(status: number, code: string, message: string, headers: Record<string, string> = {}): Response {
  return Response.json({ error: { code, message } }, { status, headers: { ...NO_STORE, ...headers } });
}
