// Secret links to objects. POST /polls makes a poll and answers an ocap URL for its result and one for each ballot; POST /call uses one:
// to know the URL is to hold the object, and nobody can guess it.
import { defineKernelObject, KernelError, makeKernelClient, type VatBundle } from "@ferrule/worker/kernel";
import { buildRootObject as clicks } from "./clicks";
import poll from "./poll.json";

/** The Durable Object that wrangler.jsonc names. */
export class KernelObject extends defineKernelObject({ vats: { clicks } }) {}

interface Env {
  readonly KERNEL: DurableObjectNamespace<KernelObject>;
}
type Kernel = ReturnType<typeof makeKernelClient>;

/** Smallcaps is JSON behind a `#`, but for what begins with one of its signs; data as plain as ours needs no more. */
const plain = ({ body }: { readonly body: string }): unknown =>
  body === '#"#undefined"' ? null : JSON.parse(body.slice(1));

async function makePoll(kernel: Kernel, parameters: Record<string, unknown>): Promise<Response> {
  await kernel.putBundle("poll", poll as VatBundle);
  const { bootstrapResult } = await kernel.launchSubcluster({
    bootstrap: "poll",
    vats: { poll: { bundleName: "poll", parameters } },
  });
  const [result, ...ballots] = await Promise.all(bootstrapResult.slots.map((kref) => kernel.issueOcapURL(kref)));
  return Response.json({ result, ballots });
}

async function call(kernel: Kernel, { url, method, args = [] }: { url: string; method: string; args?: unknown[] }) {
  return Response.json({ answer: plain(await kernel.queueMessage(await kernel.redeemOcapURL(url), method, args)) });
}

/** A counter without a secret; launched by whoever comes first. */
async function click(kernel: Kernel): Promise<Response> {
  const config = { bootstrap: "clicks", vats: { clicks: { bundleName: "clicks" } } };
  const { rootKref } = await kernel.launchSubcluster(config, { key: "the one counter" });
  return Response.json({ clicks: plain(await kernel.queueMessage(rootKref, "click", [])) });
}

export default {
  async fetch(request, env): Promise<Response> {
    const kernel = makeKernelClient(env.KERNEL.getByName("example"));
    const { pathname } = new URL(request.url);
    try {
      if (request.method !== "POST") return new Response("POST /polls, /call or /clicks\n", { status: 405 });
      if (pathname === "/polls") return await makePoll(kernel, await request.json());
      if (pathname === "/call") return await call(kernel, await request.json());
      if (pathname === "/clicks") return await click(kernel);
      return new Response("not found\n", { status: 404 });
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      return Response.json({ code: error.code, data: error.data ?? null }, { status: 409 });
    }
  },
} satisfies ExportedHandler<Env>;
